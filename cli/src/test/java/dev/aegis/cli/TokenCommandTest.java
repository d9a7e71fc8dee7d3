package dev.aegis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenCommandTest {
  private static KeyPair pair;

  @TempDir Path data;
  private Path file;

  @BeforeAll
  static void makeKey() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    pair = generator.generateKeyPair();
  }

  @BeforeEach
  void writeKey() throws Exception {
    file = data.resolve("demo-issuer.pem");
    String pem =
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'})
                .encodeToString(pair.getPrivate().getEncoded())
            + "\n-----END PRIVATE KEY-----\n";
    Files.writeString(file, pem);
    mode("rw-------");
  }

  private void mode(String mode) throws Exception {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  private Run token(String... more) {
    String[] args = new String[more.length + 5];
    System.arraycopy(
        new String[] {"token", "--tenant", "tenant123", "--subject", "alice"}, 0, args, 0, 5);
    System.arraycopy(more, 0, args, 5, more.length);
    return Run.of(Map.of("AEGIS_DATA", data.toString()), data, "", args);
  }

  private static JsonNode part(String token, int index) throws Exception {
    return new ObjectMapper()
        .readTree(Base64.getUrlDecoder().decode(token.strip().split("\\.")[index]));
  }

  @Test
  void printsASignedTokenAndNothingElse() throws Exception {
    Run run = token("--role", "reader", "--role", "writer", "--ttl", "10m");
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out()).matches("[\\w-]+\\.[\\w-]+\\.[\\w-]+\\R");
    assertThat(part(run.out(), 0))
        .isEqualTo(
            new ObjectMapper().readTree("{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"demo\"}"));
    JsonNode claims = part(run.out(), 1);
    assertThat(claims.get("iss").asText()).isEqualTo("https://demo.aegis.test");
    assertThat(claims.get("sub").asText()).isEqualTo("alice");
    assertThat(claims.get("tenant_id").asText()).isEqualTo("tenant123");
    assertThat(claims.get("role_ids").toString()).isEqualTo("[\"reader\",\"writer\"]");
    assertThat(claims.get("iat").asLong()).isEqualTo(Run.NOW.getEpochSecond());
    assertThat(claims.get("exp").asLong()).isEqualTo(Run.NOW.getEpochSecond() + 600);
    assertThat(claims.get("jti").asText()).hasSize(36);
    String token = run.out().strip();
    int dot = token.lastIndexOf('.');
    Signature signature = Signature.getInstance("SHA256withRSA");
    signature.initVerify(pair.getPublic());
    signature.update(token.substring(0, dot).getBytes(StandardCharsets.US_ASCII));
    assertThat(signature.verify(Base64.getUrlDecoder().decode(token.substring(dot + 1)))).isTrue();
  }

  @Test
  void isValidForAnHourAndHasNoRoleUnlessTold() throws Exception {
    JsonNode claims = part(token().out(), 1);
    assertThat(claims.get("exp").asLong()).isEqualTo(Run.NOW.getEpochSecond() + 3600);
    assertThat(claims.get("role_ids")).isEmpty();
    assertThat(part(token("--role=a,b").out(), 1).get("role_ids")).hasSize(2);
  }

  @Test
  void eachTokenHasItsOwnId() throws Exception {
    assertThat(part(token().out(), 1).get("jti")).isNotEqualTo(part(token().out(), 1).get("jti"));
  }

  @Test
  void takesAnotherKeyAndAnotherDataDirectory() throws Exception {
    assertThat(token("--issuer-key", file.toString()).code()).isZero();
    assertThat(
            Run.of(
                    Map.of("AEGIS_DATA", "/nowhere"),
                    data,
                    "",
                    "token",
                    "--tenant=t",
                    "--subject=s",
                    "--data",
                    data.toString())
                .code())
        .isZero();
  }

  @Test
  void withoutADemoItSaysWhoMakesTheKey() {
    Run run =
        Run.of(Map.of("AEGIS_DATA", "/nowhere"), data, "", "token", "--tenant=t", "--subject=s");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .isEqualTo(
            "aegis: there is no demo issuer in /nowhere: ./aegis up makes it at its first start;"
                + " or name its data directory with --data\n");
  }

  @Test
  void refusesAKeyThatOthersMayRead() throws Exception {
    mode("rw-r--r--");
    Run run = token();
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("chmod 600");
  }

  @Test
  void aFileThatIsNoKeyIsOneLineWithoutItsText() throws Exception {
    Files.writeString(file, "hunter2");
    Run run = token();
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("no RSA private key").doesNotContain("hunter2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"soon", "-1h", "5"})
  void aBadTimeIsAMistakeInTheCommandLine(String ttl) {
    Run run = token("--ttl=" + ttl);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("--ttl: must be a span of time");
  }

  @Test
  void aMissingOptionIsAMistakeInTheCommandLine() {
    Run run = Run.of(Map.of(), data, "", "token", "--tenant", "t");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("--subject");
  }
}
