package dev.aegis.model;

import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Makes UUIDs of version 7: 48 bits of Unix milliseconds, then random bits, so ids sort by the time
 * they were made (RFC 9562 section 5.7).
 *
 * <p>The random bits identify, they do not protect: never use such an id as a secret.
 */
public final class Uuid7 {
  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private Uuid7() {}

  /** A new id for the time that {@code clock} tells. */
  public static UUID next(InstantSource clock) {
    return of(clock.millis());
  }

  /** A new id for {@code epochMillis}. */
  public static UUID of(long epochMillis) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return new UUID(high(epochMillis, random.nextLong()), low(random.nextLong()));
  }

  /** The 36 characters of a new id for {@code epochMillis}, without the {@link UUID} between. */
  public static String text(long epochMillis) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    long high = high(epochMillis, random.nextLong());
    long low = low(random.nextLong());
    byte[] text = new byte[36];
    int at = 0;
    for (int shift = 60; shift >= 0; shift -= 4) {
      if (shift == 28 || shift == 12) {
        text[at++] = '-';
      }
      text[at++] = (byte) HEX[(int) (high >>> shift) & 0xf];
    }
    text[at++] = '-';
    for (int shift = 60; shift >= 0; shift -= 4) {
      if (shift == 44) {
        text[at++] = '-';
      }
      text[at++] = (byte) HEX[(int) (low >>> shift) & 0xf];
    }
    return new String(text, StandardCharsets.ISO_8859_1);
  }

  private static long high(long epochMillis, long random) {
    return epochMillis << 16 | 0x7000L | random & 0x0fffL;
  }

  private static long low(long random) {
    return random & 0x3fff_ffff_ffff_ffffL | 0x8000_0000_0000_0000L;
  }
}
