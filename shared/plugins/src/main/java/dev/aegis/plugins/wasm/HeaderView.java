package dev.aegis.plugins.wasm;

import dev.aegis.plugin.Header;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A header as a module sees and changes it: names in lower case, and before them those that begin
 * with {@code :}, which cannot be changed.
 */
final class HeaderView {
  private static final int MOST_LINES = 256;
  private static final int MOST_OF_NAME = 256;
  private static final int MOST_CHARACTERS = 64 * 1024;

  private final List<String> lines = new ArrayList<>();
  private final Set<String> touched = new LinkedHashSet<>();
  private boolean closed;

  /**
   * @param lines name, value, name, value …
   */
  HeaderView(List<String> lines) {
    for (int i = 0; i < lines.size(); i += 2) {
      this.lines.add(lines.get(i).toLowerCase(Locale.ROOT));
      this.lines.add(lines.get(i + 1));
    }
  }

  int size() {
    return lines.size() / 2;
  }

  /** The first value of a name, in any case. */
  String first(String name) {
    int at = find(name);
    if (at < 0) {
      throw new Status.Fault(Status.NOT_FOUND);
    }
    return lines.get(at + 1);
  }

  private int find(String name) {
    for (int i = 0; i < lines.size(); i += 2) {
      if (lines.get(i).equalsIgnoreCase(name)) {
        return i;
      }
    }
    return -1;
  }

  void add(String name, String value) {
    String key = touch(name);
    long characters = key.length() + (long) value.length();
    for (String each : lines) {
      characters += each.length();
    }
    if (size() >= MOST_LINES || characters > MOST_CHARACTERS) {
      throw new Status.Fault(Status.BAD_ARGUMENT);
    }
    lines.add(key);
    lines.add(value);
  }

  void remove(String name) {
    String key = touch(name);
    for (int i = lines.size() - 2; i >= 0; i -= 2) {
      if (lines.get(i).equals(key)) {
        lines.subList(i, i + 2).clear();
      }
    }
  }

  private String touch(String name) {
    if (closed || name.isEmpty() || name.length() > MOST_OF_NAME || name.charAt(0) == ':') {
      throw new Status.Fault(Status.BAD_ARGUMENT);
    }
    String key = name.toLowerCase(Locale.ROOT);
    if (touched.size() >= MOST_LINES && !touched.contains(key)) {
      throw new Status.Fault(Status.BAD_ARGUMENT);
    }
    touched.add(key);
    return key;
  }

  /** Puts other lines in the place of all; what stays as it is has not been changed. */
  void replaceAll(List<String> others) {
    HeaderView next = new HeaderView(others);
    Set<String> names = new LinkedHashSet<>();
    for (int i = 0; i < lines.size(); i += 2) {
      names.add(lines.get(i));
    }
    for (int i = 0; i < next.lines.size(); i += 2) {
      names.add(next.lines.get(i));
    }
    for (String name : names) {
      List<String> values = next.each(name);
      if (!values.equals(each(name))) {
        remove(name);
        values.forEach(value -> add(name, value));
      }
    }
  }

  private List<String> each(String name) {
    List<String> values = new ArrayList<>();
    for (int i = 0; i < lines.size(); i += 2) {
      if (lines.get(i).equals(name)) {
        values.add(lines.get(i + 1));
      }
    }
    return values;
  }

  /** Makes the same changes to the header itself; later ones would come too late. */
  void apply(Header header) {
    closed = true;
    for (String name : touched) {
      header.remove(name);
      each(name).forEach(value -> header.add(name, value));
    }
  }

  /** As the ABI writes maps: a count, the lengths, and then each text with a zero behind it. */
  byte[] written() {
    ByteBuffer lengths =
        ByteBuffer.allocate(4 + 4 * lines.size()).order(ByteOrder.LITTLE_ENDIAN).putInt(size());
    ByteArrayOutputStream texts = new ByteArrayOutputStream();
    for (String each : lines) {
      byte[] bytes = each.getBytes(StandardCharsets.ISO_8859_1);
      lengths.putInt(bytes.length);
      texts.writeBytes(bytes);
      texts.write(0);
    }
    byte[] written = new byte[lengths.capacity() + texts.size()];
    lengths.flip().get(written, 0, lengths.capacity());
    System.arraycopy(texts.toByteArray(), 0, written, lengths.capacity(), texts.size());
    return written;
  }

  /** Lines of a map that a module wrote. */
  static List<String> read(byte[] written) {
    List<String> lines = new ArrayList<>();
    if (written.length == 0) {
      return lines;
    }
    ByteBuffer lengths = ByteBuffer.wrap(written).order(ByteOrder.LITTLE_ENDIAN);
    int count = written.length < 4 ? -1 : lengths.getInt();
    if (count < 0 || count > MOST_LINES || 4 + 8L * count > written.length) {
      throw new Status.Fault(Status.BAD_ARGUMENT);
    }
    int at = 4 + 8 * count;
    for (int i = 0; i < 2 * count; i++) {
      int length = lengths.getInt();
      if (length < 0 || length > written.length - at - 1) {
        throw new Status.Fault(Status.BAD_ARGUMENT);
      }
      lines.add(new String(written, at, length, StandardCharsets.ISO_8859_1));
      at += length + 1;
    }
    return lines;
  }
}
