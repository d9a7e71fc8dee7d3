package dev.aegis.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Rows under headings, aligned, for a person. */
final class Table {
  private static final int WIDEST = 60;

  private final List<List<String>> rows = new ArrayList<>();
  private final int columns;

  Table(List<String> headings) {
    columns = headings.size();
    rows.add(headings.stream().map(heading -> heading.toUpperCase(Locale.ROOT)).toList());
  }

  void row(List<String> cells) {
    if (cells.size() != columns) {
      throw new IllegalArgumentException("A row has " + columns + " cells");
    }
    rows.add(cells.stream().map(Table::plain).toList());
  }

  /** The lines; control characters of the cells are shown as dots. */
  String text() {
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], Math.min(WIDEST, row.get(i).length()));
      }
    }
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < columns; i++) {
        String cell = i == columns - 1 ? row.get(i) : cut(row.get(i));
        line.append(cell).append(" ".repeat(Math.max(0, widths[i] - cell.length()) + 2));
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  private static String cut(String cell) {
    return cell.length() <= WIDEST ? cell : cell.substring(0, WIDEST - 1) + "…";
  }

  private static String plain(String cell) {
    return cell.replaceAll("\\p{Cntrl}", "·");
  }
}
