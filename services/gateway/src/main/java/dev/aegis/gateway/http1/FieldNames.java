package dev.aegis.gateway.http1;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Names of header fields, compared in any case and with {@code _} read as {@code -} as many
 * backends do. Few: each is looked at for each line.
 */
public final class FieldNames {
  /** No name. */
  public static final FieldNames NONE = new FieldNames(List.of());

  private final List<byte[]> names = new ArrayList<>();

  /** These names. */
  public FieldNames(Collection<String> names) {
    for (String name : names) {
      byte[] folded = name.getBytes(StandardCharsets.ISO_8859_1);
      for (int i = 0; i < folded.length; i++) {
        folded[i] = Field.fold(folded[i]);
      }
      this.names.add(folded);
    }
  }

  /** These and others. */
  public FieldNames with(Collection<String> others) {
    FieldNames both = new FieldNames(others);
    both.names.addAll(names);
    return both;
  }

  /** These and others. */
  public FieldNames with(FieldNames others) {
    if (names.isEmpty()) {
      return others;
    }
    FieldNames both = new FieldNames(List.of());
    both.names.addAll(names);
    both.names.addAll(others.names);
    return both;
  }

  boolean contains(byte[] bytes, int from, int to) {
    for (int i = 0; i < names.size(); i++) {
      if (same(names.get(i), bytes, from, to)) {
        return true;
      }
    }
    return false;
  }

  private static boolean same(byte[] name, byte[] bytes, int from, int to) {
    if (to - from != name.length) {
      return false;
    }
    for (int i = 0; i < name.length; i++) {
      if (name[i] != Field.fold(bytes[from + i])) {
        return false;
      }
    }
    return true;
  }
}
