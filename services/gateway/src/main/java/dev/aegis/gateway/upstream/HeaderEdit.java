package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.Field;
import dev.aegis.gateway.http1.FieldNames;
import dev.aegis.gateway.http1.Output;
import dev.aegis.journal.HeaderEdits;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What a route changes about a header: names whose lines stay here, and lines as bytes. */
public final class HeaderEdit {
  /** Nothing is changed. */
  public static final HeaderEdit NONE = of(HeaderEdits.NONE, List.of());

  private final FieldNames dropped;
  private final byte[] lines;
  private final byte[] untraced;

  private HeaderEdit(FieldNames dropped, byte[] lines, byte[] untraced) {
    this.dropped = dropped;
    this.lines = lines;
    this.untraced = untraced;
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
    return new HeaderEdit(
        dropped.isEmpty() ? FieldNames.NONE : new FieldNames(dropped),
        lines(edits, true),
        lines(edits, false));
  }

  private static byte[] lines(HeaderEdits edits, boolean traced) {
    StringBuilder lines = new StringBuilder();
    for (Map<String, String> each : List.of(edits.set(), edits.add())) {
      each.forEach(
          (name, value) -> {
            if (traced || !name.equalsIgnoreCase(Field.TRACEPARENT.text())) {
              lines.append(name).append(": ").append(value).append("\r\n");
            }
          });
    }
    return lines.toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Names whose lines do not go on. */
  public FieldNames dropped() {
    return dropped;
  }

  /** Puts the lines that come instead, and beside, into {@code out}. */
  public void put(Output out) {
    out.put(lines);
  }

  /** The same without {@code traceparent}: Aegis says where the request stands in its trace. */
  public void putUntraced(Output out) {
    out.put(untraced);
  }
}
