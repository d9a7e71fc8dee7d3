package dev.aegis.journal;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The 256-bit key under which secrets stand in the journal.
 *
 * <p>AES-GCM with a random 96-bit nonce in front and the object's key as associated data (NIST SP
 * 800-38D), so a sealed secret that someone moves to another object does not open.
 */
public final class MasterKey {
  /** Bytes of a key. */
  public static final int BYTES = 32;

  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final byte[] key;
  private final String id;

  private MasterKey(byte[] key) {
    this.key = key;
    this.id = HexFormat.of().formatHex(sha256(key), 0, 4);
  }

  /**
   * Reads a key from its text form.
   *
   * @param text Base64 of 32 bytes
   * @throws IllegalArgumentException when it is not; the message does not repeat the text
   */
  public static MasterKey parse(String text) {
    byte[] key;
    try {
      key = Base64.getDecoder().decode(text.strip());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("The master key must be Base64 of 32 bytes", e);
    }
    if (key.length != BYTES) {
      throw new IllegalArgumentException("The master key must be Base64 of 32 bytes");
    }
    return new MasterKey(key);
  }

  /** Text form of a new random key. */
  public static String newText() {
    byte[] key = new byte[BYTES];
    RANDOM.nextBytes(key);
    return Base64.getEncoder().encodeToString(key);
  }

  /** Names the key without telling it: the first bytes of its SHA-256, in hexadecimal. */
  public String id() {
    return id;
  }

  /** Encrypts {@code secret} for the object {@code owner}. */
  public SealedSecret seal(ObjectKey owner, String secret) {
    byte[] nonce = new byte[NONCE_BYTES];
    RANDOM.nextBytes(nonce);
    try {
      byte[] encrypted =
          cipher(Cipher.ENCRYPT_MODE, nonce, owner)
              .doFinal(secret.getBytes(StandardCharsets.UTF_8));
      byte[] sealed = Arrays.copyOf(nonce, NONCE_BYTES + encrypted.length);
      System.arraycopy(encrypted, 0, sealed, NONCE_BYTES, encrypted.length);
      return new SealedSecret(id, Base64.getEncoder().encodeToString(sealed));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM is part of every JDK", e);
    }
  }

  /**
   * Decrypts a secret of the object {@code owner}.
   *
   * @throws IllegalArgumentException when it was sealed under another key, for another object, or
   *     was changed
   */
  public String open(ObjectKey owner, SealedSecret sealed) {
    if (!sealed.keyId().equals(id)) {
      throw new IllegalArgumentException(
          "sealed under master key " + sealed.keyId() + ", this process has " + id);
    }
    byte[] bytes = Base64.getDecoder().decode(sealed.ciphertext());
    if (bytes.length < NONCE_BYTES) {
      throw new IllegalArgumentException("not a sealed secret");
    }
    try {
      byte[] nonce = Arrays.copyOf(bytes, NONCE_BYTES);
      byte[] secret =
          cipher(Cipher.DECRYPT_MODE, nonce, owner)
              .doFinal(bytes, NONCE_BYTES, bytes.length - NONCE_BYTES);
      return new String(secret, StandardCharsets.UTF_8);
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("not sealed for " + owner + ", or changed since", e);
    }
  }

  /**
   * A token derived from the key by which services know each other.
   *
   * @param purpose what it opens, such as {@code analytics-api}; another purpose gives an unrelated
   *     token (HMAC-SHA256 as a pseudo-random function)
   */
  public String serviceToken(String purpose) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      byte[] token =
          mac.doFinal(("aegis service token: " + purpose).getBytes(StandardCharsets.UTF_8));
      return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HMAC-SHA256 is part of every JDK", e);
    }
  }

  private Cipher cipher(int mode, byte[] nonce, ObjectKey owner) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(owner.toString().getBytes(StandardCharsets.UTF_8));
    return cipher;
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every JDK", e);
    }
  }
}
