package dev.aegis.gateway.http2;

import java.nio.charset.StandardCharsets;

/** The fields that both sides of every connection know (RFC 7541 appendix A), 1 to 61. */
final class StaticFields {
  private static final String[][] TEXTS = {
    {":authority", ""},
    {":method", "GET"},
    {":method", "POST"},
    {":path", "/"},
    {":path", "/index.html"},
    {":scheme", "http"},
    {":scheme", "https"},
    {":status", "200"},
    {":status", "204"},
    {":status", "206"},
    {":status", "304"},
    {":status", "400"},
    {":status", "404"},
    {":status", "500"},
    {"accept-charset", ""},
    {"accept-encoding", "gzip, deflate"},
    {"accept-language", ""},
    {"accept-ranges", ""},
    {"accept", ""},
    {"access-control-allow-origin", ""},
    {"age", ""},
    {"allow", ""},
    {"authorization", ""},
    {"cache-control", ""},
    {"content-disposition", ""},
    {"content-encoding", ""},
    {"content-language", ""},
    {"content-length", ""},
    {"content-location", ""},
    {"content-range", ""},
    {"content-type", ""},
    {"cookie", ""},
    {"date", ""},
    {"etag", ""},
    {"expect", ""},
    {"expires", ""},
    {"from", ""},
    {"host", ""},
    {"if-match", ""},
    {"if-modified-since", ""},
    {"if-none-match", ""},
    {"if-range", ""},
    {"if-unmodified-since", ""},
    {"last-modified", ""},
    {"link", ""},
    {"location", ""},
    {"max-forwards", ""},
    {"proxy-authenticate", ""},
    {"proxy-authorization", ""},
    {"range", ""},
    {"referer", ""},
    {"refresh", ""},
    {"retry-after", ""},
    {"server", ""},
    {"set-cookie", ""},
    {"strict-transport-security", ""},
    {"transfer-encoding", ""},
    {"user-agent", ""},
    {"vary", ""},
    {"via", ""},
    {"www-authenticate", ""},
  };

  /** How many there are. */
  static final int COUNT = TEXTS.length;

  private static final FieldLine[] LINES = new FieldLine[COUNT];
  private static final int SLOTS = 256;

  /** Index of the first field with each name, at the slot of its hash or behind. */
  private static final int[] BY_NAME = new int[SLOTS];

  static {
    for (int i = COUNT - 1; i >= 0; i--) {
      LINES[i] = new FieldLine(bytes(TEXTS[i][0]), bytes(TEXTS[i][1]));
    }
    for (int i = 0; i < COUNT; i++) {
      byte[] name = LINES[i].name();
      if (index(name, 0, name.length) == 0) {
        int slot = slot(name, 0, name.length);
        while (BY_NAME[slot] != 0) {
          slot = slot + 1 & SLOTS - 1;
        }
        BY_NAME[slot] = i + 1;
      }
    }
  }

  private StaticFields() {}

  /** The field with this index, 1 to {@link #COUNT}. */
  static FieldLine at(int index) {
    return LINES[index - 1];
  }

  /** Index of the first field with this lower-case name, 0 when there is none. */
  static int index(byte[] name, int from, int end) {
    int slot = slot(name, from, end);
    for (int index = BY_NAME[slot]; index != 0; index = BY_NAME[slot]) {
      if (LINES[index - 1].hasName(name, from, end)) {
        return index;
      }
      slot = slot + 1 & SLOTS - 1;
    }
    return 0;
  }

  private static int slot(byte[] name, int from, int end) {
    int hash = 0;
    for (int i = from; i < end; i++) {
      hash = hash * 31 + name[i];
    }
    return (hash ^ hash >>> 8) & SLOTS - 1;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
