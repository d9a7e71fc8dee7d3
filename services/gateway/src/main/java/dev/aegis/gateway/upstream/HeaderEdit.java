package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.FieldNames;
import dev.aegis.gateway.http1.Output;
import dev.aegis.journal.HeaderEdits;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What a route changes about a header: names whose lines stay here, and lines as bytes. */
public final class HeaderEdit {
  /** Nothing is changed. */
  public static final HeaderEdit NONE = of(HeaderEdits.NONE, List.of());

  private final FieldNames dropped;
  private final byte[] lines;

  private HeaderEdit(FieldNames dropped, byte[] lines) {
    this.dropped = dropped;
    this.lines = lines;
  }

  /**
   * Compiles.
   *
   * @param more names whose lines do not go on
   */
  public static HeaderEdit of(HeaderEdits edits, List<String> more) {
    List<String> dropped = new ArrayList<>(more);
    dropped.addAll(edits.remove());
    dropped.addAll(edits.set().keySet());
    StringBuilder lines = new StringBuilder();
    edits.set().forEach((name, value) -> line(lines, name, value));
    edits.add().forEach((name, value) -> line(lines, name, value));
    return new HeaderEdit(
        dropped.isEmpty() ? FieldNames.NONE : new FieldNames(dropped),
        lines.toString().getBytes(StandardCharsets.ISO_8859_1));
  }

  private static void line(StringBuilder lines, String name, String value) {
    lines.append(name).append(": ").append(value).append("\r\n");
  }

  /** Names whose lines do not go on. */
  public FieldNames dropped() {
    return dropped;
  }

  /** Puts the lines that come instead, and beside, into {@code out}. */
  public void put(Output out) {
    out.put(lines);
  }
}
