package dev.aegis.gateway.http1;

import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Header fields that the gateway itself looks at, drops or sets. All others pass as bytes. */
public enum Field {
  HOST("host", Handling.FRAMING),
  CONTENT_LENGTH("content-length", Handling.FRAMING),
  TRANSFER_ENCODING("transfer-encoding", Handling.HOP),
  CONNECTION("connection", Handling.HOP),
  KEEP_ALIVE("keep-alive", Handling.HOP),
  PROXY_CONNECTION("proxy-connection", Handling.HOP),
  PROXY_AUTHORIZATION("proxy-authorization", Handling.HOP),
  TE("te", Handling.HOP),
  TRAILER("trailer", Handling.HOP),
  UPGRADE("upgrade", Handling.HOP),
  HTTP2_SETTINGS("http2-settings", Handling.HOP),
  EXPECT("expect", Handling.PASS),
  AUTHORIZATION("authorization", Handling.PASS),
  X_API_KEY("x-api-key", Handling.PASS),
  USER_AGENT("user-agent", Handling.PASS),
  TRACEPARENT("traceparent", Handling.PASS),
  TRACESTATE("tracestate", Handling.PASS),
  VIA("via", Handling.PASS),
  MAX_FORWARDS("max-forwards", Handling.PASS),
  SIGNATURE("signature", Handling.PASS),
  SIGNATURE_INPUT("signature-input", Handling.PASS),
  X_REQUEST_ID("x-request-id", Handling.OWN),
  X_REAL_IP("x-real-ip", Handling.OWN),
  FORWARDED("forwarded", Handling.OWN),
  X_TENANT_ID("x-tenant-id", Handling.OWN),
  X_USER_ID("x-user-id", Handling.OWN),
  X_USER_TENANT_ID("x-user-tenant-id", Handling.OWN),
  X_USER_ROLES("x-user-roles", Handling.OWN),
  X_AEGIS_MIRROR("x-aegis-mirror", Handling.OWN),
  RATELIMIT("ratelimit", Handling.PASS),
  RATELIMIT_POLICY("ratelimit-policy", Handling.PASS),
  X_RATELIMIT_LIMIT("x-ratelimit-limit", Handling.PASS),
  X_RATELIMIT_REMAINING("x-ratelimit-remaining", Handling.PASS),
  X_RATELIMIT_RESET("x-ratelimit-reset", Handling.PASS);

  /** What happens to a field on its way through. */
  enum Handling {
    /** Goes on as it came. */
    PASS,
    /** Ends here, it speaks of one connection (RFC 9110 section 7.6.1). */
    HOP,
    /** Says where the message ends or whom it is for; must not be named in {@code Connection}. */
    FRAMING,
    /** The gateway's own word to the backend: whatever a caller sent under this name is dropped. */
    OWN
  }

  private static final byte[] FORWARDED_PREFIX =
      "x-forwarded-".getBytes(StandardCharsets.ISO_8859_1);
  private static final byte[][] HEAD_ONLY =
      Stream.of(
              "cache-control",
              "content-encoding",
              "content-range",
              "content-type",
              "cookie",
              "location",
              "proxy-authenticate",
              "retry-after",
              "set-cookie",
              "vary",
              "www-authenticate")
          .map(name -> name.getBytes(StandardCharsets.ISO_8859_1))
          .toArray(byte[][]::new);
  private static final int SLOTS = 256;
  private static final @Nullable Field[] TABLE = new Field[SLOTS];

  static {
    for (Field field : values()) {
      int slot = slot(hash(field.bytes, 0, field.bytes.length));
      while (TABLE[slot] != null) {
        slot = slot + 1 & SLOTS - 1;
      }
      TABLE[slot] = field;
    }
  }

  private final String text;

  @SuppressWarnings("ImmutableEnumChecker") // never written, never handed out
  private final byte[] bytes;

  private final Handling handling;

  Field(String text, Handling handling) {
    this.text = text;
    this.bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    this.handling = handling;
  }

  /** The name in lower case. */
  public String text() {
    return text;
  }

  boolean endsHere() {
    return handling == Handling.HOP;
  }

  boolean framing() {
    return handling == Handling.FRAMING || this == TRANSFER_ENCODING;
  }

  /**
   * The field with this name in any case, with {@code _} read as {@code -} as many backends do, or
   * null for all others.
   */
  static @Nullable Field of(int hash, byte[] bytes, int from, int to) {
    int slot = slot(hash);
    for (Field field = TABLE[slot]; field != null; field = TABLE[slot]) {
      if (field.is(bytes, from, to)) {
        return field;
      }
      slot = slot + 1 & SLOTS - 1;
    }
    return null;
  }

  /**
   * Whether the name begins with {@code x-forwarded-}, in any case and with {@code _} for {@code
   * -}.
   */
  static boolean isForwarded(byte[] bytes, int from, int to) {
    if (to - from < FORWARDED_PREFIX.length) {
      return false;
    }
    for (int i = 0; i < FORWARDED_PREFIX.length; i++) {
      if (fold(bytes[from + i]) != FORWARDED_PREFIX[i]) {
        return false;
      }
    }
    return true;
  }

  /**
   * Whether the field routes, authenticates, or says what the content is or who may keep it, and so
   * has no meaning in a trailer (RFC 9110 section 6.5.1).
   */
  static boolean ofHeadOnly(byte[] bytes, int from, int to) {
    for (byte[] name : HEAD_ONLY) {
      if (matches(name, bytes, from, to)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether a field of this name, in lower case, says to a backend what Aegis says and not what the
   * caller does.
   */
  public static boolean saidHere(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
    Field field = of(hash(bytes, 0, bytes.length), bytes, 0, bytes.length);
    return field == null
        ? isForwarded(bytes, 0, bytes.length)
        : field.handling == Handling.OWN || field == VIA;
  }

  static int hash(byte[] bytes, int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = step(hash, bytes[i]);
    }
    return hash;
  }

  /** One letter more of a name's hash. */
  static int step(int hash, byte letter) {
    return hash * 31 + fold(letter);
  }

  private boolean is(byte[] other, int from, int to) {
    return matches(bytes, other, from, to);
  }

  private static boolean matches(byte[] name, byte[] other, int from, int to) {
    if (to - from != name.length) {
      return false;
    }
    for (int i = 0; i < name.length; i++) {
      if (name[i] != fold(other[from + i])) {
        return false;
      }
    }
    return true;
  }

  static byte fold(byte letter) {
    if (letter >= 'A' && letter <= 'Z') {
      return (byte) (letter | 0x20);
    }
    return letter == '_' ? (byte) '-' : letter;
  }

  private static int slot(int hash) {
    return (hash ^ hash >>> 16 ^ hash >>> 8) & SLOTS - 1;
  }
}
