package dev.aegis.gateway.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A table of cases as text: a case is a line of columns between {@code " | "}, its bytes are
 * written with escapes, and a line that names a set stands for one case per member of the set.
 *
 * <pre>
 * # a comment
 * = set : member , member , \x00..\x1f
 * source | name | bytes | …
 * </pre>
 *
 * <p>In columns and members {@code ¶} is CRLF, {@code \r \n \t \s \\} and {@code \xHH} are bytes,
 * {@code {text*9}} is a text nine times, and {@code {set}} the member whose turn it is. Whatever
 * else stands in braces is left to the reader of the column.
 */
final class Table {
  private static final String SEPARATOR = " | ";

  /** One case: its columns, sets put in and escapes resolved, as ISO 8859-1. */
  record Row(String title, List<String> columns) {
    String column(int index) {
      return columns.get(index);
    }

    @Override
    public String toString() {
      return title;
    }
  }

  private final Map<String, List<String>> sets = new HashMap<>();
  private final List<Row> rows = new ArrayList<>();
  private final int width;

  private Table(int width) {
    this.width = width;
  }

  /** Reads the resource beside this class, whose rows have {@code width} columns. */
  static List<Row> read(String resource, int width) {
    Table table = new Table(width);
    try (InputStream in = Table.class.getResourceAsStream(resource)) {
      String text =
          new String(Objects.requireNonNull(in, resource).readAllBytes(), StandardCharsets.UTF_8);
      text.lines().forEach(table::line);
    } catch (IOException e) {
      throw new AssertionError(resource, e);
    }
    return List.copyOf(table.rows);
  }

  private void line(String line) {
    if (line.isBlank() || line.startsWith("#")) {
      return;
    }
    if (line.startsWith("= ")) {
      int colon = line.indexOf(" : ");
      sets.put(line.substring(2, colon).strip(), members(line.substring(colon + 3).strip()));
      return;
    }
    List<String> columns = new ArrayList<>();
    int from = 0;
    for (int at = line.indexOf(SEPARATOR); at >= 0; at = line.indexOf(SEPARATOR, from)) {
      columns.add(line.substring(from, at).strip());
      from = at + SEPARATOR.length();
    }
    columns.add(line.substring(from).strip());
    if (columns.size() != width) {
      throw new AssertionError(columns.size() + " columns instead of " + width + ": " + line);
    }
    expand(columns);
  }

  private void expand(List<String> columns) {
    String title = columns.get(0) + ": " + columns.get(1);
    for (Map.Entry<String, List<String>> set : sets.entrySet()) {
      String place = "{" + set.getKey() + "}";
      if (columns.stream().anyMatch(column -> column.contains(place))) {
        for (String member : set.getValue()) {
          add(
              title + " [" + member + "]",
              columns.stream().map(column -> column.replace(place, member)).toList());
        }
        return;
      }
    }
    add(title, columns);
  }

  private void add(String title, List<String> columns) {
    rows.add(new Row(title, columns.stream().map(Table::resolved).toList()));
  }

  private static List<String> members(String text) {
    List<String> members = new ArrayList<>();
    for (String member : text.split(" , ")) {
      String one = member.strip();
      int dots = one.indexOf("..\\x");
      if (dots < 0) {
        members.add(one);
        continue;
      }
      int last = Integer.parseInt(one.substring(dots + 4), 16);
      for (int b = Integer.parseInt(one.substring(2, dots), 16); b <= last; b++) {
        members.add(String.format("\\x%02x", b));
      }
    }
    return members;
  }

  /** Repetitions first, then escapes, so that an escaped brace is a byte and nothing else. */
  private static String resolved(String column) {
    StringBuilder bytes = new StringBuilder();
    for (int i = 0; i < column.length(); i++) {
      char c = column.charAt(i);
      if (c == '{') {
        int close = column.indexOf('}', i);
        int star = column.lastIndexOf('*', close);
        if (star > i) {
          int times = Integer.parseInt(column.substring(star + 1, close));
          bytes.append(resolved(column.substring(i + 1, star)).repeat(times));
        } else {
          bytes.append(column, i, close + 1);
        }
        i = close;
      } else if (c == '¶') {
        bytes.append("\r\n");
      } else if (c == '\\') {
        char escape = column.charAt(++i);
        if (escape == 'x') {
          bytes.append((char) Integer.parseInt(column.substring(i + 1, i + 3), 16));
          i += 2;
        } else {
          bytes.append(
              switch (escape) {
                case 'r' -> '\r';
                case 'n' -> '\n';
                case 't' -> '\t';
                case 's' -> ' ';
                case '\\' -> '\\';
                default -> throw new AssertionError("no escape \\" + escape + " in " + column);
              });
        }
      } else {
        bytes.append(c);
      }
    }
    return bytes.toString();
  }
}
