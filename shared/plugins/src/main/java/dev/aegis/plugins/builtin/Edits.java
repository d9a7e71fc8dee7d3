package dev.aegis.plugins.builtin;

import dev.aegis.journal.HeaderEdits;
import dev.aegis.plugin.Header;
import dev.aegis.plugin.Member;
import java.util.List;
import java.util.Map;

/** What is changed about a header. */
public record Edits(
    @Member("Lines that take the place of all lines of their names.") Map<String, String> set,
    @Member("Lines that stand beside those that are there.") Map<String, String> add,
    @Member("Names whose lines go.") List<String> remove) {
  public Edits {
    set.keySet().forEach(Edits::check);
    add.keySet().forEach(Edits::check);
    remove.forEach(Edits::check);
    set.forEach(Edits::check);
    add.forEach(Edits::check);
  }

  private static void check(String name) {
    if (HeaderEdits.untouchable(name)) {
      throw new IllegalArgumentException("\"" + name + "\" is Aegis' own to say");
    }
    if (name.isEmpty() || !name.chars().allMatch(c -> c > ' ' && c < 0x7f && c != ':')) {
      throw new IllegalArgumentException("\"" + name + "\" is not the name of a header field");
    }
  }

  private static void check(String name, String value) {
    if (!value.equals(value.strip()) || !value.chars().allMatch(c -> c >= ' ' && c < 0x7f)) {
      throw new IllegalArgumentException("\"" + name + "\" must have a value of visible ASCII");
    }
  }

  void apply(Header header) {
    remove.forEach(header::remove);
    set.forEach(header::set);
    add.forEach(header::add);
  }
}
