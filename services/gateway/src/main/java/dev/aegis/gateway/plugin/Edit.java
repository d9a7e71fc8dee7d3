package dev.aegis.gateway.plugin;

import dev.aegis.journal.HeaderEdits;
import dev.aegis.plugin.Header;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;

/** What plugins change about one header, put together. */
public final class Edit implements Header {
  private static final int MOST_NAMES = 256;
  private static final int MOST_CHARACTERS = 16 * 1024;

  private final Names names;
  private final List<String> dropped = new ArrayList<>();
  private final List<String> lines = new ArrayList<>();
  private int characters;

  /**
   * Names that may be changed, remembered because to look costs more than the change.
   *
   * @param seen names that were found good
   * @param reserved beginning of names that may not be changed here, lower case, {@code ""} for
   *     none
   * @param said names that may not be changed here either, lower case
   */
  record Names(Set<String> seen, String reserved, Set<String> said) {
    static Names reserving(String reserved) {
      return new Names(ConcurrentHashMap.newKeySet(), reserved, Set.of());
    }

    void check(String name) {
      if (seen.contains(name)) {
        return;
      }
      boolean token = !name.isEmpty();
      for (int i = 0; i < name.length(); i++) {
        char c = name.charAt(i);
        token &= c > ' ' && c < 0x7f && "\"(),/:;<=>?@[\\]{}".indexOf(c) < 0; // RFC 9110 5.6.2
      }
      if (!token) {
        throw new IllegalArgumentException("\"" + name + "\" is not the name of a header field");
      }
      String plain = name.replace('_', '-').toLowerCase(Locale.ROOT);
      boolean kept = said.contains(plain) || !reserved.isEmpty() && plain.startsWith(reserved);
      if (kept || HeaderEdits.untouchable(name)) {
        throw new IllegalArgumentException("\"" + name + "\" is Aegis' own to say");
      }
      if (seen.size() < MOST_NAMES) {
        seen.add(name);
      }
    }
  }

  Edit(Names names) {
    this.names = names;
  }

  @Override
  public void set(String name, String value) {
    remove(name);
    add(name, value);
  }

  @Override
  public void add(String name, String value) {
    names.check(name);
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c < ' ' || c >= 0x7f) { // RFC 9110 section 5.5, visible ASCII alone
        throw new IllegalArgumentException("\"" + name + "\" must have a value of visible ASCII");
      }
    }
    keep(name, value);
  }

  private void keep(String name, String value) {
    characters += size(name, value);
    if (characters > MOST_CHARACTERS) {
      throw new IllegalArgumentException("lines of " + MOST_CHARACTERS + " characters at most");
    }
    lines.add(name);
    lines.add(value);
  }

  private static int size(String name, String value) {
    return name.length() + value.length() + 4;
  }

  @Override
  public void remove(String name) {
    names.check(name);
    drop(name);
  }

  private void drop(String name) {
    if (dropped.size() >= MOST_NAMES) {
      throw new IllegalArgumentException(MOST_NAMES + " names at most");
    }
    dropped.add(name);
    for (int i = lines.size() - 2; i >= 0; i -= 2) {
      if (lines.get(i).equalsIgnoreCase(name)) {
        lines.remove(i + 1);
        lines.remove(i);
      }
    }
  }

  /**
   * Does what another with the same rules was told; it has looked at the names and values.
   *
   * @return false if both are too much together: then nothing is done
   */
  boolean follow(Edit other) {
    int more = 0;
    for (int i = 0; i < other.lines.size(); i += 2) {
      more += size(other.lines.get(i), other.lines.get(i + 1));
    }
    if (dropped.size() + other.dropped.size() > MOST_NAMES || characters + more > MOST_CHARACTERS) {
      return false;
    }
    for (String name : other.dropped) {
      drop(name);
    }
    for (int i = 0; i < other.lines.size(); i += 2) {
      keep(other.lines.get(i), other.lines.get(i + 1));
    }
    return true;
  }

  /** An empty one with the same rules. */
  Edit fresh() {
    return new Edit(names);
  }

  /** Names whose lines do not go on. */
  public List<String> dropped() {
    return dropped;
  }

  /** Gives {@code to} the name and value of each line that comes instead, or beside. */
  public void lines(BiConsumer<String, String> to) {
    for (int i = 0; i < lines.size(); i += 2) {
      to.accept(lines.get(i), lines.get(i + 1));
    }
  }
}
