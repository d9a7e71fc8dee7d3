package dev.aegis.journal;

import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What a route changes about the header of a request or a reply.
 *
 * @param set lines that take the place of all lines of their names
 * @param add lines that stand beside those that are there
 * @param remove names whose lines go
 */
public record HeaderEdits(Map<String, String> set, Map<String, String> add, List<String> remove) {
  /** Nothing is changed. */
  public static final HeaderEdits NONE = new HeaderEdits(Map.of(), Map.of(), List.of());

  private static final int MAX_NAMES = 64;
  private static final int MAX_CHARACTERS = 8 * 1024;

  /** Fields that speak of one connection, or say where a message ends or whom it is for. */
  private static final Set<String> OF_THE_CONNECTION =
      Set.of(
          "connection",
          "content-length",
          "expect",
          "host",
          "http2-settings",
          "keep-alive",
          "max-forwards",
          "proxy-authorization",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "via");

  /** Fields that Aegis alone says. */
  private static final Set<String> OF_AEGIS =
      Set.of(
          "forwarded",
          "ratelimit",
          "ratelimit-policy",
          "x-real-ip",
          "x-request-id",
          "x-tenant-id",
          "x-user-id",
          "x-user-tenant-id",
          "x-user-roles");

  private static final List<String> PREFIXES_OF_AEGIS =
      List.of("x-aegis-", "x-forwarded-", "x-ratelimit-");

  public HeaderEdits {
    set = set.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(set));
    add = add.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(add));
    remove = List.copyOf(remove);
  }

  /** Reads the object {@code member}. */
  static HeaderEdits read(Fields fields, String member) {
    if (fields.absent(member)) {
      fields.knows(member);
      return NONE;
    }
    return fields.object(
        member,
        edits -> {
          HeaderEdits read =
              new HeaderEdits(edits.textMap("set"), edits.textMap("add"), edits.texts("remove"));
          Set<String> seen = new HashSet<>();
          read.set().keySet().forEach(name -> check(edits, "set", name, seen));
          read.add().keySet().forEach(name -> check(edits, "add", name, seen));
          read.remove().forEach(name -> check(edits, "remove", name, seen));
          int characters = values(edits, "set", read.set()) + values(edits, "add", read.add());
          if (seen.size() > MAX_NAMES || characters > MAX_CHARACTERS) {
            fields.reject(
                member,
                "must have at most "
                    + MAX_NAMES
                    + " names and "
                    + MAX_CHARACTERS
                    + " characters of lines");
          }
          return read;
        });
  }

  /**
   * Whether a route must leave the field alone. Backends that read {@code _} as {@code -} are meant
   * too.
   */
  public static boolean untouchable(String name) {
    String plain = plain(name);
    return OF_THE_CONNECTION.contains(plain)
        || OF_AEGIS.contains(plain)
        || PREFIXES_OF_AEGIS.stream().anyMatch(plain::startsWith);
  }

  /** Whether any of them has a name that begins with this, in lower case. */
  boolean names(String prefix) {
    return set.keySet().stream().anyMatch(name -> plain(name).startsWith(prefix))
        || add.keySet().stream().anyMatch(name -> plain(name).startsWith(prefix))
        || remove.stream().anyMatch(name -> plain(name).startsWith(prefix));
  }

  /** Whether any of them has this name. */
  public boolean has(String name) {
    String wanted = plain(name);
    return set.keySet().stream().anyMatch(each -> plain(each).equals(wanted))
        || add.keySet().stream().anyMatch(each -> plain(each).equals(wanted))
        || remove.stream().anyMatch(each -> plain(each).equals(wanted));
  }

  private static String plain(String name) {
    return name.toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static void check(Fields fields, String member, String name, Set<String> seen) {
    if (!LoadBalancing.token(name)) {
      fields.reject(member, "\"" + name + "\" is not the name of a header field");
    } else if (untouchable(name)) {
      fields.reject(member, "\"" + name + "\" is Aegis' own to say");
    } else if (!seen.add(plain(name))) {
      fields.reject(member, "\"" + name + "\" is named twice");
    }
  }

  /** RFC 9110 section 5.5, visible ASCII alone. */
  private static int values(Fields fields, String member, Map<String, String> lines) {
    int characters = 0;
    for (Map.Entry<String, String> line : lines.entrySet()) {
      String value = line.getValue();
      if (!value.equals(value.strip()) || !value.chars().allMatch(c -> c >= ' ' && c < 0x7f)) {
        fields.reject(
            member,
            "\""
                + line.getKey()
                + "\" must have a value of visible ASCII, with spaces only between characters");
      }
      characters += line.getKey().length() + value.length() + 4;
    }
    return characters;
  }
}
