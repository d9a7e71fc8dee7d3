package dev.aegis.journal;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32;

/**
 * The text that a caller shows as its API key: {@code aegis_}, ten letters that tell one key from
 * another, {@code _}, the secret of 256 random bits, and a check of all before it.
 *
 * <p>The beginning and the check are for those who search files for keys that leaked: what has both
 * is a key, without asking anybody. A text that has not is refused without a look-up.
 *
 * <p>Kept is its {@link Hash} only. One SHA-256 is enough, without salt or stretching: these are
 * for passwords, which can be guessed; 256 random bits cannot.
 */
public final class ApiKeySecret {
  private static final String MARK = "aegis_";
  private static final int NAME = 10;
  private static final int SECRET = 43; // letters for 256 bits
  private static final int CHECK = 6; // letters for 32 bits
  private static final int SECRET_AT = MARK.length() + NAME + 1;
  private static final int LENGTH = SECRET_AT + SECRET + CHECK;
  private static final int SECRET_BITS = 256;
  private static final int SHOWN_END = 4;

  private static final String LETTERS =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

  private final String text;

  private ApiKeySecret(String text) {
    this.text = text;
  }

  /**
   * Makes a new one.
   *
   * @param random a source for secrets
   */
  public static ApiKeySecret mint(RandomGenerator random) {
    StringBuilder text = new StringBuilder(LENGTH).append(MARK);
    for (int i = 0; i < NAME; i++) {
      text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    byte[] secret = new byte[SECRET_BITS / 8];
    random.nextBytes(secret);
    text.append('_').append(digits(new BigInteger(1, secret), SECRET));
    return new ApiKeySecret(text + check(text.toString()));
  }

  /** Whether {@code text} can be a key: its form and its check are right. */
  public static boolean wellFormed(String text) {
    if (text.length() != LENGTH || !text.startsWith(MARK) || text.charAt(SECRET_AT - 1) != '_') {
      return false;
    }
    for (int i = MARK.length(); i < LENGTH; i++) {
      char c = text.charAt(i);
      boolean letter = c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z';
      if (!letter && i != SECRET_AT - 1) {
        return false;
      }
    }
    int at = LENGTH - CHECK;
    return text.startsWith(check(text.substring(0, at)), at);
  }

  /** What a caller sends; told once. */
  public String text() {
    return text;
  }

  /** The beginning, which tells one key from another and nothing of the secret. */
  public String prefix() {
    return text.substring(0, SECRET_AT - 1);
  }

  /** The last four letters: of the check, so they tell no letter of the secret. */
  public String lastFour() {
    return text.substring(LENGTH - SHOWN_END);
  }

  /** What is kept of it. */
  public Hash hash() {
    return Hash.of(text);
  }

  @Override
  public String toString() {
    return prefix() + "…" + lastFour();
  }

  private static String check(String before) {
    CRC32 check = new CRC32();
    check.update(before.getBytes(StandardCharsets.ISO_8859_1));
    return digits(BigInteger.valueOf(check.getValue()), CHECK);
  }

  private static String digits(BigInteger number, int count) {
    char[] digits = new char[count];
    BigInteger base = BigInteger.valueOf(LETTERS.length());
    BigInteger rest = number;
    for (int i = count - 1; i >= 0; i--) {
      BigInteger[] parts = rest.divideAndRemainder(base);
      digits[i] = LETTERS.charAt(parts[1].intValue());
      rest = parts[0];
    }
    return new String(digits);
  }

  /**
   * The SHA-256 of a key's text. It is what keys are looked up by: how long a look-up takes depends
   * on the hash, which says nothing of the text, so no comparison has to be made in constant time.
   *
   * @param first bytes 0 to 7
   * @param second bytes 8 to 15
   * @param third bytes 16 to 23
   * @param fourth bytes 24 to 31
   */
  public record Hash(long first, long second, long third, long fourth) {
    private static final int DIGITS = 64;

    /** Hashes a key's text. */
    public static Hash of(String text) {
      byte[] digest;
      try {
        digest =
            MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.ISO_8859_1));
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("SHA-256 is part of every JDK", e);
      }
      return new Hash(part(digest, 0), part(digest, 8), part(digest, 16), part(digest, 24));
    }

    /**
     * Reads 64 lower-case hexadecimal digits.
     *
     * @throws IllegalArgumentException when it is anything else
     */
    public static Hash parse(String hex) {
      if (hex.length() != DIGITS || !hex.chars().allMatch(Hash::digit)) {
        throw new IllegalArgumentException("not 64 lower-case hexadecimal digits");
      }
      return new Hash(
          Long.parseUnsignedLong(hex, 0, 16, 16),
          Long.parseUnsignedLong(hex, 16, 32, 16),
          Long.parseUnsignedLong(hex, 32, 48, 16),
          Long.parseUnsignedLong(hex, 48, 64, 16));
    }

    @Override
    public int hashCode() {
      return (int) first; // as evenly spread as any other part
    }

    /** 64 lower-case hexadecimal digits. */
    @Override
    public String toString() {
      return hex(first) + hex(second) + hex(third) + hex(fourth);
    }

    private static boolean digit(int c) {
      return c >= '0' && c <= '9' || c >= 'a' && c <= 'f';
    }

    private static String hex(long part) {
      String digits = Long.toHexString(part);
      return "0".repeat(16 - digits.length()) + digits;
    }

    private static long part(byte[] digest, int from) {
      long part = 0;
      for (int i = from; i < from + 8; i++) {
        part = part << 8 | digest[i] & 0xff;
      }
      return part;
    }
  }
}
