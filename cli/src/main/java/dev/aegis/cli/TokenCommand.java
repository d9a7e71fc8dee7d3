package dev.aegis.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.chassis.Quantities;
import dev.aegis.chassis.SecretFile;
import dev.aegis.chassis.StartFailure;
import dev.aegis.model.Uuid7;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Makes a caller's token of the demo issuer (RS256, RFC 7515), alone on standard output. */
@Command(
    name = "token",
    mixinStandardHelpOptions = true,
    description = "Prints a caller's JWT of the demo issuer, and nothing else.")
final class TokenCommand implements Callable<Integer> {
  static final String ISSUER = "https://demo.aegis.test";
  static final String KEY_ID = "demo";

  private final Session session;
  private final DataFolder data;

  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--tenant", required = true, paramLabel = "T", description = "Tenant")
  private String tenant = "";

  @Option(names = "--subject", required = true, paramLabel = "S", description = "Who calls")
  private String subject = "";

  @Option(
      names = "--role",
      paramLabel = "R",
      split = ",",
      description = "A role; may be given several times")
  private List<String> roles = new ArrayList<>();

  @Option(
      names = "--ttl",
      paramLabel = "TIME",
      defaultValue = "1h",
      description = "How long it is valid, such as 90s, 10m, 1h (default ${DEFAULT-VALUE})")
  private String ttl = "1h";

  @Option(
      names = "--issuer-key",
      paramLabel = "FILE",
      description = "PKCS #8 PEM (default demo-issuer.pem in the data directory)")
  private @Nullable Path issuerKey;

  TokenCommand(Session session, DataFolder data) {
    this.session = session;
    this.data = data;
  }

  @Override
  public Integer call() throws CommandFailure {
    if (data.context() != null) {
      throw new ParameterException(
          Objects.requireNonNull(spec).commandLine(),
          "--context: a token is made with the demo issuer's key, which is in a data directory");
    }
    Duration validFor;
    try {
      validFor = Quantities.duration(ttl);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          Objects.requireNonNull(spec).commandLine(), "--ttl: " + e.getMessage());
    }
    session.out().println(token(key(), validFor));
    return 0;
  }

  private String token(PrivateKey key, Duration validFor) throws CommandFailure {
    long now = session.clock().instant().getEpochSecond();
    ObjectNode header = JsonNodeFactory.instance.objectNode();
    header.put("alg", "RS256").put("typ", "JWT").put("kid", KEY_ID);
    ObjectNode claims = JsonNodeFactory.instance.objectNode();
    claims.put("iss", ISSUER).put("sub", subject).put("tenant_id", tenant);
    roles.forEach(claims.putArray("role_ids")::add);
    claims.put("iat", now).put("exp", now + Math.max(1, validFor.toSeconds()));
    claims.put("jti", Uuid7.text(session.clock().millis()));
    String signed = base64(header.toString()) + "." + base64(claims.toString());
    try {
      Signature signature = Signature.getInstance("SHA256withRSA");
      signature.initSign(key);
      signature.update(signed.getBytes(StandardCharsets.US_ASCII));
      return signed + "." + base64(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new CommandFailure("the issuer's key cannot sign: " + e.getMessage(), e);
    }
  }

  private PrivateKey key() throws CommandFailure {
    Path file = issuerKey == null ? data.path().resolve("demo-issuer.pem") : issuerKey;
    String pem;
    try {
      pem = SecretFile.read(file, "--issuer-key");
    } catch (StartFailure e) {
      throw new CommandFailure(
          issuerKey == null && !Files.exists(file)
              ? "there is no demo issuer in "
                  + data.path().toAbsolutePath().normalize()
                  + ": ./aegis up makes it at its first start; or name its data directory with"
                  + " --data"
              : String.valueOf(e.getMessage()),
          e);
    }
    String base64 = pem.replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
    try {
      return KeyFactory.getInstance("RSA")
          .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      // The cause quotes nothing of the key, but it says nothing either.
      throw new CommandFailure(file + " holds no RSA private key (PKCS #8, PEM)", e);
    }
  }

  private static String base64(String text) {
    return base64(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
