package dev.aegis.plugins.builtin;

import dev.aegis.plugin.Request;
import dev.aegis.plugins.builtin.WebhookVerification.Algorithm;
import dev.aegis.plugins.builtin.WebhookVerification.Encoding;
import dev.aegis.plugins.builtin.WebhookVerification.Scheme;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where the signatures of a webhook stand in its head, and what is signed before its body. */
sealed interface WebhookSignatures {
  /** What the head says. */
  Reading read(Request request);

  /** What a head says of signatures. */
  sealed interface Reading {}

  /**
   * Signatures that have to be held against the body.
   *
   * @param before what is signed in front of the body, each character a byte
   * @param signatures one of which has to be right
   * @param timed whether a time is signed
   * @param time in seconds since 1970
   */
  record Claimed(String before, List<byte[]> signatures, boolean timed, long time)
      implements Reading {
    public Claimed {
      signatures = List.copyOf(signatures);
    }
  }

  /** Nothing that could be verified, for a reason that the caller is told. */
  record Unusable(String why) implements Reading {}

  /** Most signatures that are looked at. */
  int MOST = 16;

  /** Digits of seconds until the year 33658. */
  int DIGITS = 12;

  Reading MISSING = new Unusable("The webhook is not signed");
  Reading MALFORMED = new Unusable("The webhook's signature cannot be read");

  /** {@code webhook-id}, {@code webhook-timestamp} and {@code webhook-signature}. */
  record Standard() implements WebhookSignatures {
    private static final String VERSION = "v1,";

    @Override
    public Reading read(Request request) {
      List<String> ids = request.headers("webhook-id");
      List<String> times = request.headers("webhook-timestamp");
      List<String> lists = request.headers("webhook-signature");
      if (ids.isEmpty() || times.isEmpty() || lists.isEmpty()) {
        return MISSING;
      }
      String id = ids.getFirst();
      String time = times.getFirst();
      long seconds = seconds(time);
      // With a full stop in the id, what is signed could be cut elsewhere.
      if (ids.size() > 1
          || times.size() > 1
          || lists.size() > 1
          || id.isEmpty()
          || id.indexOf('.') >= 0
          || seconds < 0) {
        return MALFORMED;
      }
      List<byte[]> signatures = new ArrayList<>();
      for (String each : split(lists.getFirst(), ' ')) {
        if (each.startsWith(VERSION)) {
          add(signatures, each.substring(VERSION.length()), Encoding.BASE64, Algorithm.SHA256);
        }
      }
      return claimed(id + '.' + time + '.', signatures, seconds);
    }
  }

  /** {@code Stripe-Signature}: {@code t=…,v1=…}, with other schemes passed over. */
  record Stripe() implements WebhookSignatures {
    @Override
    public Reading read(Request request) {
      List<String> lines = request.headers("stripe-signature");
      if (lines.isEmpty()) {
        return MISSING;
      }
      if (lines.size() > 1) {
        return MALFORMED;
      }
      String time = null;
      List<byte[]> signatures = new ArrayList<>();
      for (String each : split(lines.getFirst(), ',')) {
        String item = each.strip();
        if (item.startsWith("t=")) {
          if (time != null) {
            return MALFORMED;
          }
          time = item.substring(2);
        } else if (item.startsWith("v1=")) {
          add(signatures, item.substring(3), Encoding.HEX, Algorithm.SHA256);
        }
      }
      long seconds = time == null ? -1 : seconds(time);
      return seconds < 0 ? MALFORMED : claimed(time + ".", signatures, seconds);
    }
  }

  /**
   * One MAC of the body alone, without a time.
   *
   * @param field its name in lower case
   * @param prefix what stands before the MAC
   */
  record OfBody(String field, String prefix, Algorithm algorithm, Encoding encoding)
      implements WebhookSignatures {
    @Override
    public Reading read(Request request) {
      List<String> lines = request.headers(field);
      if (lines.isEmpty()) {
        return MISSING;
      }
      String line = lines.getFirst();
      List<byte[]> signatures = new ArrayList<>();
      if (lines.size() == 1 && line.startsWith(prefix)) {
        add(signatures, line.substring(prefix.length()), encoding, algorithm);
      }
      return signatures.isEmpty() ? MALFORMED : new Claimed("", signatures, false, 0);
    }
  }

  private static Reading claimed(String before, List<byte[]> signatures, long seconds) {
    return signatures.isEmpty() ? MALFORMED : new Claimed(before, signatures, true, seconds);
  }

  /** The first parts of a list; nobody signs with more. */
  private static List<String> split(String text, char by) {
    List<String> parts = new ArrayList<>();
    int from = 0;
    while (parts.size() < MOST) {
      int to = text.indexOf(by, from);
      parts.add(text.substring(from, to < 0 ? text.length() : to));
      if (to < 0) {
        break;
      }
      from = to + 1;
    }
    return parts;
  }

  /** Seconds since 1970 in nothing but digits, or -1. */
  private static long seconds(String text) {
    if (text.isEmpty() || text.length() > DIGITS) {
      return -1;
    }
    long seconds = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      seconds = seconds * 10 + (c - '0');
    }
    return seconds;
  }

  private static void add(
      List<byte[]> signatures, String text, Encoding encoding, Algorithm algorithm) {
    byte[] bytes = decoded(text, encoding);
    if (bytes != null && bytes.length == algorithm.bytes) {
      signatures.add(bytes);
    }
  }

  private static byte @Nullable [] decoded(String text, Encoding encoding) {
    try {
      return switch (encoding) {
        case HEX -> HexFormat.of().parseHex(text);
        case BASE64 -> Base64.getDecoder().decode(text);
      };
    } catch (IllegalArgumentException e) {
      return null; // it is none, and so right for nobody
    }
  }

  /**
   * The key in a secret.
   *
   * @throws IllegalArgumentException when it has none; the message does not repeat it
   */
  static byte[] key(Scheme scheme, String secret) {
    byte[] key =
        switch (scheme) {
          case STANDARD_WEBHOOKS -> standard(secret);
          case GITHUB, STRIPE, HMAC -> secret.getBytes(StandardCharsets.UTF_8);
        };
    if (key.length == 0) {
      throw new IllegalArgumentException("secrets must not be empty");
    }
    return key;
  }

  private static byte[] standard(String secret) {
    String prefix = "whsec_";
    try {
      return Base64.getDecoder()
          .decode(secret.startsWith(prefix) ? secret.substring(prefix.length()) : secret);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "secrets of standard_webhooks are whsec_ and the Base64 of a key");
    }
  }
}
