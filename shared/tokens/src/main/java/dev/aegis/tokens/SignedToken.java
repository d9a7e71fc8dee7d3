package dev.aegis.tokens;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Json;
import dev.aegis.journal.SigningAlgorithm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** The parts of a JWS in compact form (RFC 7515 section 7.1), not yet trusted. */
public final class SignedToken {
  private final SigningAlgorithm algorithm;
  private final @Nullable String keyId;
  private final byte[] content;
  private final byte[] payload;
  private final byte[] signature;

  private SignedToken(
      SigningAlgorithm algorithm,
      @Nullable String keyId,
      byte[] content,
      byte[] payload,
      byte[] signature) {
    this.algorithm = algorithm;
    this.keyId = keyId;
    this.content = content;
    this.payload = payload;
    this.signature = signature;
  }

  /** Whether a token has three parts; any other is none that this reads. */
  public static boolean resembles(String token) {
    int first = token.indexOf('.');
    int second = token.indexOf('.', first + 1);
    return first >= 0 && second >= 0 && token.indexOf('.', second + 1) < 0;
  }

  /**
   * Takes a token apart.
   *
   * @throws IOException when it is none, or asks for something that is not understood; the message
   *     does not repeat it
   */
  public static SignedToken parse(String token) throws IOException {
    int dot = token.indexOf('.');
    int second = token.indexOf('.', dot + 1);
    if (dot < 0 || second < 0) {
      throw new IOException("not three parts");
    }
    int third = token.indexOf('.', second + 1);
    if (third >= 0) {
      int fourth = token.indexOf('.', third + 1);
      boolean five = fourth >= 0 && token.indexOf('.', fourth + 1) < 0;
      throw new IOException(
          five ? "encrypted (five parts); only signed tokens are taken" : "not three parts");
    }
    ObjectNode header = read(decode(token.substring(0, dot)), "the header");
    if (header.has("crit") || header.has("b64")) {
      throw new IOException("critical header parameters and b64 are not understood");
    }
    JsonNode content = header.path("cty");
    if (!content.isMissingNode() && isJwt(content.asText())) {
      throw new IOException("a token within a token (cty)");
    }
    JsonNode type = header.path("typ");
    if (!type.isMissingNode() && !isJwt(type.asText()) && !isAccessToken(type.asText())) {
      throw new IOException("typ says that it is something else");
    }
    SigningAlgorithm algorithm = SigningAlgorithm.of(header.path("alg").asText());
    if (algorithm == null) {
      throw new IOException("alg is none that is let in");
    }
    JsonNode keyId = header.path("kid");
    if (!keyId.isMissingNode() && !keyId.isTextual()) {
      throw new IOException("kid is not a string");
    }
    return new SignedToken(
        algorithm,
        keyId.textValue(),
        token.substring(0, second).getBytes(StandardCharsets.ISO_8859_1),
        decode(token.substring(dot + 1, second)),
        decode(token.substring(second + 1)));
  }

  /** What the parser says of a mistake can repeat some of it, so that stays out of the message. */
  public static ObjectNode read(byte[] json, String what) throws IOException {
    try {
      return Json.readObject(json);
    } catch (IOException e) {
      throw new IOException(what + " is not one JSON object in UTF-8, each member once", e);
    }
  }

  /** Media types are compared without regard to case (RFC 7515 section 4.1.9). */
  private static boolean isJwt(String type) {
    return type.equalsIgnoreCase("JWT") || type.equalsIgnoreCase("application/jwt");
  }

  /** RFC 9068 section 2.1. */
  private static boolean isAccessToken(String type) {
    return type.equalsIgnoreCase("at+jwt") || type.equalsIgnoreCase("application/at+jwt");
  }

  /**
   * Base64url without padding (RFC 7515 section 2), in its only spelling (RFC 4648 section 3.5).
   */
  private static byte[] decode(String part) throws IOException {
    byte[] bytes;
    try {
      bytes = Base64.getUrlDecoder().decode(part);
    } catch (IllegalArgumentException e) {
      throw new IOException("a part is not Base64url", e);
    }
    if (!Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).equals(part)) {
      throw new IOException("a part is padded, or in a second spelling");
    }
    return bytes;
  }

  /** What its header calls its algorithm; only a key bound to that can make it good. */
  public SigningAlgorithm algorithm() {
    return algorithm;
  }

  /** Which key it says it was signed with, or null. */
  public @Nullable String keyId() {
    return keyId;
  }

  /** The bytes that are signed; not to be changed. */
  public byte[] content() {
    return content;
  }

  /** What they say; not to be changed. */
  public byte[] payload() {
    return payload;
  }

  /** The signature; not to be changed. */
  public byte[] signature() {
    return signature;
  }
}
