package dev.aegis.gateway.store;

import dev.aegis.gateway.identity.Principal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that stand for a principal in Redis: a random 96-bit nonce, and AES-256-GCM over its
 * fields (NIST SP 800-38D) with a key of their own for each name that entries stand under.
 *
 * <p>These keys follow from the master key, which Redis does not hold. So whoever can write there
 * can make gateways forget, and cannot make them believe: neither somebody new, nor somebody else's
 * entry put under another name. Whoever can read there learns nobody's name. That each name has its
 * own key keeps the number of nonces under one key small, however many tokens there are.
 */
final class SealedPrincipal {
  /** Most bytes of an entry: more than any principal has whose token is short enough to be read. */
  static final int MOST_BYTES = 32 * 1024;

  private static final String HMAC = "HmacSHA256";
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;

  private final SecureRandom random = new SecureRandom();
  private final SecretKeySpec secret;

  /**
   * @param secret derived from the master key for this purpose alone
   */
  SealedPrincipal(String secret) {
    this.secret = new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), HMAC);
  }

  /** Null for a principal that has more to it than is worth sharing. */
  byte @Nullable [] seal(byte[] under, Principal principal) {
    byte[] fields;
    try {
      fields = fields(principal);
    } catch (IOException e) {
      return null; // a text of more than 65,535 bytes
    }
    if (fields.length > MOST_BYTES - NONCE_BYTES - TAG_BITS / 8) {
      return null;
    }
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    try {
      byte[] encrypted = cipher(Cipher.ENCRYPT_MODE, under, nonce).doFinal(fields);
      byte[] sealed = Arrays.copyOf(nonce, NONCE_BYTES + encrypted.length);
      System.arraycopy(encrypted, 0, sealed, NONCE_BYTES, encrypted.length);
      return sealed;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM is part of every JDK", e);
    }
  }

  /** The principal, null when no gateway wrote this under this name. */
  @Nullable Principal open(byte[] under, byte[] sealed) {
    if (sealed.length < NONCE_BYTES + TAG_BITS / 8) {
      return null;
    }
    byte[] fields;
    try {
      byte[] nonce = Arrays.copyOf(sealed, NONCE_BYTES);
      fields =
          cipher(Cipher.DECRYPT_MODE, under, nonce)
              .doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES);
    } catch (AEADBadTagException e) {
      return null;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM is part of every JDK", e);
    }
    try {
      return principal(fields);
    } catch (IOException | DateTimeException e) {
      return null; // written by a gateway of another form
    }
  }

  private Cipher cipher(int mode, byte[] under, byte[] nonce) throws GeneralSecurityException {
    Mac mac = Mac.getInstance(HMAC);
    mac.init(secret);
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(
        mode, new SecretKeySpec(mac.doFinal(under), "AES"), new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(under);
    return cipher;
  }

  private static byte[] fields(Principal principal) throws IOException {
    List<String> slugs = principal.slugs();
    String tokenId = principal.tokenId();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeUTF(principal.subject());
      out.writeUTF(principal.tenant());
      texts(out, principal.roles());
      texts(out, principal.groups());
      out.writeShort(principal.claims().size());
      for (Map.Entry<String, List<String>> claim : principal.claims().entrySet()) {
        out.writeUTF(claim.getKey());
        texts(out, claim.getValue());
      }
      out.writeBoolean(slugs != null);
      texts(out, slugs == null ? List.of() : slugs);
      out.writeBoolean(tokenId != null);
      out.writeUTF(tokenId == null ? "" : tokenId);
      time(out, principal.issuedAt());
      time(out, principal.notBefore());
      time(out, principal.expires());
      out.writeUTF(principal.issuedBy());
    }
    return bytes.toByteArray();
  }

  private static @Nullable Principal principal(byte[] fields) throws IOException {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(fields))) {
      String subject = in.readUTF();
      String tenant = in.readUTF();
      List<String> roles = texts(in);
      List<String> groups = texts(in);
      Map<String, List<String>> claims = new HashMap<>();
      for (int left = in.readUnsignedShort(); left > 0; left--) {
        claims.put(in.readUTF(), texts(in));
      }
      boolean limited = in.readBoolean();
      List<String> slugs = texts(in);
      boolean named = in.readBoolean();
      String tokenId = in.readUTF();
      Principal principal =
          new Principal(
              subject,
              tenant,
              roles,
              groups,
              claims,
              limited ? slugs : null,
              named ? tokenId : null,
              time(in),
              time(in),
              time(in),
              in.readUTF());
      return in.read() < 0 ? principal : null;
    }
  }

  private static void texts(DataOutputStream out, List<String> texts) throws IOException {
    out.writeInt(texts.size());
    for (String text : texts) {
      out.writeUTF(text);
    }
  }

  private static List<String> texts(DataInputStream in) throws IOException {
    List<String> texts = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      texts.add(in.readUTF());
    }
    return texts;
  }

  private static void time(DataOutputStream out, Instant time) throws IOException {
    out.writeLong(time.getEpochSecond());
    out.writeInt(time.getNano());
  }

  private static Instant time(DataInputStream in) throws IOException {
    return Instant.ofEpochSecond(in.readLong(), in.readInt());
  }
}
