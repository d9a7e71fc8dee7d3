package dev.aegis.gateway.http1;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The head of one message, as slices of the bytes it came in. Reused for the next message of the
 * connection, so nothing of it may be kept beyond the exchange.
 *
 * <p>Strict (RFC 9112 sections 2.2, 5.1 and 5.2): a line ends in CRLF and nothing else, a field
 * name is a token right before its colon, there is no line folding, values hold no control bytes.
 */
public abstract sealed class Head permits RequestHead, ResponseHead {
  /** Most bytes of a head. */
  public static final int MAX_BYTES = 32 * 1024;

  /** Most header lines of a head. */
  public static final int MAX_LINES = 128;

  static final int MORE = -1;

  private static final int LINE = 0;
  private static final int NAME_END = 1;
  private static final int VALUE = 2;
  private static final int VALUE_END = 3;
  private static final int STRIDE = 4;

  private static final boolean[] TOKEN = new boolean[256];

  static {
    for (char c : "!#$%&'*+-.^_`|~".toCharArray()) {
      TOKEN[c] = true;
    }
    for (int c = 0; c < 256; c++) {
      TOKEN[c] |= c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z';
    }
  }

  byte[] bytes = {};
  private int[] slots = new int[24 * STRIDE];
  private @Nullable Field[] fields = new Field[24];
  private int lines;
  private int linesEnd;

  // What the framing fields say; -1 when absent.
  private long contentLength;
  private boolean chunked;
  boolean close;
  boolean keepAlive;
  private boolean upgrade;
  private boolean nominates;

  Head() {}

  /** Reads the start line. Returns the offset of the first header line, or {@link #MORE}. */
  abstract int startLine(byte[] bytes, int at, int end) throws BadMessage;

  /** Looks at the whole head once it is there. */
  abstract void check() throws BadMessage;

  /**
   * Reads a head from {@code input} and consumes it.
   *
   * @return false when the other side ended before the first byte of it
   * @throws BadMessage when the bytes are no head; the connection must be closed
   */
  public final boolean read(Input input) throws IOException, BadMessage {
    if (!skipEmptyLines(input)) {
      return false;
    }
    int parsed = parse(input);
    if (parsed == MORE) {
      awaitBlankLine(input);
      parsed = parse(input);
      if (parsed == MORE) {
        throw BadMessage.malformed("the head has no end");
      }
    }
    input.at = parsed;
    check();
    return true;
  }

  /** A server ignores empty lines before a request line (RFC 9112 section 2.2); here, a few. */
  private boolean skipEmptyLines(Input input) throws IOException, BadMessage {
    for (int skipped = 0; ; skipped++) {
      if (!input.ensure()) {
        return false;
      }
      if (input.bytes[input.at] != '\r' || this instanceof ResponseHead) {
        return true;
      }
      while (input.available() < 2) {
        if (!input.fill()) {
          return false;
        }
      }
      if (input.bytes[input.at + 1] != '\n' || skipped == 4) {
        throw BadMessage.malformed("no request line");
      }
      input.at += 2;
    }
  }

  private void awaitBlankLine(Input input) throws IOException, BadMessage {
    int scanned = 0;
    while (true) {
      for (; scanned < input.available(); scanned++) {
        if (input.bytes[input.at + scanned] == '\n') {
          int i = input.at + scanned;
          boolean bare = scanned == 0 || input.bytes[i - 1] != '\r';
          boolean blank = scanned >= 3 && input.bytes[i - 2] == '\n';
          if (bare || blank) {
            return;
          }
        }
      }
      if (input.available() > MAX_BYTES) {
        throw new BadMessage(BadMessage.Kind.HEAD_TOO_LARGE, "the head is larger than 32 KiB");
      }
      if (!input.fill()) {
        parse(input); // what came is wrong however it came: say that first
        throw new BadMessage(BadMessage.Kind.INCOMPLETE, "the head ends early");
      }
    }
  }

  /** Returns the offset behind the head, or {@link #MORE}. */
  private int parse(Input input) throws BadMessage {
    bytes = input.bytes;
    lines = 0;
    contentLength = -1;
    chunked = false;
    close = false;
    keepAlive = false;
    upgrade = false;
    nominates = false;
    int limit = Math.min(input.end, input.at + MAX_BYTES);
    int parsed = startLine(bytes, input.at, limit);
    if (parsed != MORE) {
      parsed = headerLines(parsed, limit);
    }
    if (parsed == MORE && limit < input.end) {
      throw new BadMessage(BadMessage.Kind.HEAD_TOO_LARGE, "the head is larger than 32 KiB");
    }
    return parsed;
  }

  private int headerLines(int from, int limit) throws BadMessage {
    byte[] b = bytes;
    int i = from;
    while (true) {
      if (i >= limit) {
        return MORE;
      }
      if (b[i] == '\r') {
        if (i + 1 >= limit) {
          return MORE;
        }
        if (b[i + 1] != '\n') {
          throw BadMessage.malformed("a CR without LF in the head");
        }
        linesEnd = i;
        return i + 2;
      }
      int line = i;
      int hash = 0;
      boolean underscore = false;
      for (; i < limit && TOKEN[b[i] & 0xff]; i++) {
        hash = Field.step(hash, b[i]);
        underscore |= b[i] == '_';
      }
      if (i >= limit) {
        return MORE;
      }
      if (b[i] != ':' || i == line) {
        throw BadMessage.malformed("a header line is not a name, a colon and a value");
      }
      int nameEnd = i++;
      while (i < limit && (b[i] == ' ' || b[i] == '\t')) {
        i++;
      }
      int value = i;
      while (i < limit && (b[i] >= ' ' && b[i] != 0x7f || b[i] == '\t' || b[i] < 0)) {
        i++;
      }
      if (i + 1 >= limit) {
        return MORE;
      }
      if (b[i] != '\r' || b[i + 1] != '\n') {
        throw BadMessage.malformed("a control byte in a header value");
      }
      int valueEnd = i;
      while (valueEnd > value && (b[valueEnd - 1] == ' ' || b[valueEnd - 1] == '\t')) {
        valueEnd--;
      }
      i += 2;
      Field field = Field.of(hash, b, line, nameEnd);
      add(line, nameEnd, value, valueEnd, field, underscore);
    }
  }

  private void add(
      int line, int nameEnd, int value, int valueEnd, @Nullable Field field, boolean underscore)
      throws BadMessage {
    if (lines == MAX_LINES) {
      throw new BadMessage(
          BadMessage.Kind.HEAD_TOO_LARGE, "the head has more than " + MAX_LINES + " lines");
    }
    if (lines == fields.length) {
      slots = Arrays.copyOf(slots, slots.length * 2);
      fields = Arrays.copyOf(fields, fields.length * 2);
    }
    int slot = lines * STRIDE;
    slots[slot + LINE] = line;
    slots[slot + NAME_END] = nameEnd;
    slots[slot + VALUE] = value;
    slots[slot + VALUE_END] = valueEnd;
    if (field == null ? forged(line, nameEnd) : underscore) {
      // x_user_id is x-user-id to many a backend: it goes nowhere, and means nothing here.
      fields[lines++] = Field.KEEP_ALIVE;
      return;
    }
    fields[lines++] = field;
    if (field != null) {
      meet(field, value, valueEnd);
    }
  }

  /** X-Forwarded-For and its like are words of a proxy in front of Aegis, not of a caller. */
  private boolean forged(int line, int nameEnd) {
    return this instanceof RequestHead && Field.isForwarded(bytes, line, nameEnd);
  }

  private void meet(Field field, int value, int valueEnd) throws BadMessage {
    switch (field) {
      case CONTENT_LENGTH -> {
        if (contentLength >= 0) {
          throw BadMessage.malformed("Content-Length is repeated");
        }
        contentLength = decimal(value, valueEnd);
      }
      case TRANSFER_ENCODING -> {
        if (chunked || !equalsIgnoreCase(value, valueEnd, "chunked")) {
          throw BadMessage.malformed("Transfer-Encoding is not exactly \"chunked\"");
        }
        chunked = true;
      }
      case CONNECTION -> connection(value, valueEnd);
      default -> {}
    }
  }

  private void connection(int value, int valueEnd) throws BadMessage {
    int i = value;
    while (i < valueEnd) {
      int start = i;
      while (i < valueEnd && bytes[i] != ',') {
        i++;
      }
      int from = start;
      int to = i++;
      while (from < to && (bytes[from] == ' ' || bytes[from] == '\t')) {
        from++;
      }
      while (to > from && (bytes[to - 1] == ' ' || bytes[to - 1] == '\t')) {
        to--;
      }
      if (from == to) {
        continue;
      }
      if (equalsIgnoreCase(from, to, "close")) {
        close = true;
      } else if (equalsIgnoreCase(from, to, "keep-alive")) {
        keepAlive = true;
      } else if (equalsIgnoreCase(from, to, "upgrade")) {
        upgrade = true;
      } else {
        Field named = Field.of(Field.hash(bytes, from, to), bytes, from, to);
        if (named != null && named.framing()) {
          throw BadMessage.malformed("Connection names a field that the message cannot lose");
        }
        nominates = true;
      }
    }
  }

  /** Length of the body that {@code Content-Length} announces, -1 without. */
  public final long contentLength() {
    return contentLength;
  }

  /** Whether the body comes in chunks. */
  public final boolean chunked() {
    return chunked;
  }

  /** Whether it names WebSocket, and nothing else, as the protocol to go on with (RFC 6455). */
  final boolean namesWebSocket() {
    return upgrade
        && count(Field.UPGRADE) == 1
        && "websocket".equalsIgnoreCase(value(Field.UPGRADE));
  }

  /** The value of the only or first line of {@code field}, or null. */
  public final @Nullable String value(Field field) {
    for (int line = 0; line < lines; line++) {
      if (fields[line] == field) {
        return text(slots[line * STRIDE + VALUE], slots[line * STRIDE + VALUE_END]);
      }
    }
    return null;
  }

  /** How many lines {@code field} has. */
  public final int count(Field field) {
    int count = 0;
    for (int line = 0; line < lines; line++) {
      if (fields[line] == field) {
        count++;
      }
    }
    return count;
  }

  /**
   * The value of the first line with this name, or null.
   *
   * @param name in lower case
   */
  public final @Nullable String value(String name) {
    for (int line = 0; line < lines; line++) {
      int slot = line * STRIDE;
      if (equalsIgnoreCase(slots[slot + LINE], slots[slot + NAME_END], name)) {
        return text(slots[slot + VALUE], slots[slot + VALUE_END]);
      }
    }
    return null;
  }

  /**
   * Whether any line with this name has {@code word} in its value, in any case.
   *
   * @param name in lower case
   */
  public final boolean mentions(String name, String word) {
    for (int line = 0; line < lines; line++) {
      int slot = line * STRIDE;
      if (equalsIgnoreCase(slots[slot + LINE], slots[slot + NAME_END], name)) {
        String value = text(slots[slot + VALUE], slots[slot + VALUE_END]);
        for (int i = 0; i + word.length() <= value.length(); i++) {
          if (value.regionMatches(true, i, word, 0, word.length())) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /**
   * The values of all lines with this name, separated by commas (RFC 9110 section 5.3), or null.
   */
  public final @Nullable String values(String name) {
    return joined(name, ",");
  }

  /** The same as signatures have them, with a space behind each comma (RFC 9421 section 2.1). */
  public final @Nullable String combined(String name) {
    return joined(name, ", ");
  }

  private @Nullable String joined(String name, String comma) {
    String values = null;
    for (int line = 0; line < lines; line++) {
      int slot = line * STRIDE;
      if (equalsIgnoreCase(slots[slot + LINE], slots[slot + NAME_END], name)) {
        String value = text(slots[slot + VALUE], slots[slot + VALUE_END]);
        values = values == null ? value : values + comma + value;
      }
    }
    return values;
  }

  /** The value of each line with this name, in their order. */
  public final List<String> eachValue(String name) {
    List<String> values = new ArrayList<>();
    for (int line = 0; line < lines; line++) {
      int slot = line * STRIDE;
      if (equalsIgnoreCase(slots[slot + LINE], slots[slot + NAME_END], name)) {
        values.add(text(slots[slot + VALUE], slots[slot + VALUE_END]));
      }
    }
    return values;
  }

  /**
   * The values, by commas, of all lines that go on, and whose name a backend may take for this one:
   * in any case, and with {@code _} for {@code -}.
   */
  public final @Nullable String aliasedValues(String name) {
    FieldNames wanted = new FieldNames(List.of(name));
    String values = null;
    for (int line = 0; line < lines; line++) {
      int slot = line * STRIDE;
      if (wanted.contains(bytes, slots[slot + LINE], slots[slot + NAME_END])
          && goesOn(line, Set.of(), FieldNames.NONE)) {
        String value = text(slots[slot + VALUE], slots[slot + VALUE_END]);
        values = values == null ? value : values + "," + value;
      }
    }
    return values;
  }

  /** The same without more names. */
  final void copyLines(Output out, Set<Field> dropped) {
    copyLines(out, dropped, FieldNames.NONE);
  }

  /**
   * Puts the header lines that go on to the other leg into {@code out}, as bytes, whole runs of
   * lines at a time.
   *
   * @param dropped fields that stay here beside those that always do
   * @param others more of them
   */
  public final void copyLines(Output out, Set<Field> dropped, FieldNames others) {
    int run = -1;
    for (int line = 0; line < lines; line++) {
      boolean goes = goesOn(line, dropped, others);
      if (goes && run < 0) {
        run = slots[line * STRIDE + LINE];
      } else if (!goes && run >= 0) {
        int end = slots[line * STRIDE + LINE];
        out.put(bytes, run, end - run);
        run = -1;
      }
    }
    if (run >= 0) {
      out.put(bytes, run, linesEnd - run);
    }
  }

  private boolean goesOn(int line, Set<Field> dropped, FieldNames others) {
    Field field = fields[line];
    if (field != null && (field.endsHere() || dropped.contains(field))) {
      return false;
    }
    int slot = line * STRIDE;
    if (others.contains(bytes, slots[slot + LINE], slots[slot + NAME_END])) {
      return false;
    }
    return !nominates || !nominated(line);
  }

  /** All lines as they came, with the empty one behind them. */
  final byte[] lineBytes() {
    if (lines == 0) {
      return new byte[] {'\r', '\n'};
    }
    int from = slots[LINE];
    byte[] all = Arrays.copyOf(Arrays.copyOfRange(bytes, from, linesEnd), linesEnd - from + 2);
    all[all.length - 2] = '\r';
    all[all.length - 1] = '\n';
    return all;
  }

  /** Name and value of each line, one after the other, as they came; the caller's own list. */
  public final List<String> namesAndValues() {
    List<String> all = new ArrayList<>(lines * 2);
    for (int line = 0; line < lines; line++) {
      int slot = line * STRIDE;
      all.add(text(slots[slot + LINE], slots[slot + NAME_END]));
      all.add(text(slots[slot + VALUE], slots[slot + VALUE_END]));
    }
    return all;
  }

  /** Whether a Connection line names this line's field (RFC 9110 section 7.6.1). */
  private boolean nominated(int line) {
    int from = slots[line * STRIDE + LINE];
    int length = slots[line * STRIDE + NAME_END] - from;
    for (int other = 0; other < lines; other++) {
      if (fields[other] != Field.CONNECTION) {
        continue;
      }
      String value = text(slots[other * STRIDE + VALUE], slots[other * STRIDE + VALUE_END]);
      for (String option : value.split(",", -1)) {
        String name = option.strip();
        if (name.length() == length && equalsIgnoreCase(from, from + length, name)) {
          return true;
        }
      }
    }
    return false;
  }

  final String text(int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
  }

  final boolean equalsIgnoreCase(int from, int to, String text) {
    int length = text.length();
    if (to - from != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      int a = bytes[from + i];
      int b = text.charAt(i);
      if (a != b && (a | 0x20) != (b | 0x20)) {
        return false;
      }
      if (a != b && !((a | 0x20) >= 'a' && (a | 0x20) <= 'z')) {
        return false;
      }
    }
    return true;
  }

  static boolean isToken(byte b) {
    return TOKEN[b & 0xff];
  }

  private long decimal(int from, int to) throws BadMessage {
    if (from == to || to - from > 18) {
      throw BadMessage.malformed("Content-Length is not a number");
    }
    long number = 0;
    for (int i = from; i < to; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9) {
        throw BadMessage.malformed("Content-Length is not a number");
      }
      number = number * 10 + digit;
    }
    return number;
  }
}
