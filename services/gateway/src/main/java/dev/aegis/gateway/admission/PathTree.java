package dev.aegis.gateway.admission;

import dev.aegis.journal.PathPattern;
import dev.aegis.journal.RoleDefinition;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Rules by the segments of their patterns, see {@link PathPattern} for the syntax. To ask it costs
 * what the path's segments cost, not what there are rules: a segment leads on to the branch of its
 * name, to that of {@code *}, and to those of the claims that it equals. Comes to the same as
 * asking one pattern after the other. Makes no object when it is asked.
 */
final class PathTree {
  private static final String ANY = "*";
  private static final String REST = "**";

  private final Branch root;
  private final int size;

  private PathTree(Branch root, int size) {
    this.root = root;
    this.size = size;
  }

  /** How many branches it has: a measure of its memory. */
  int size() {
    return size;
  }

  /**
   * A rule that covers {@code method} on the canonical {@code path}, or null.
   *
   * @param own the caller's values of each claim, by the claim's place; UTF-8
   */
  @Nullable Rule find(String method, String path, byte[][][] own) {
    return find(root, method, path, 1, own);
  }

  private static @Nullable Rule find(
      Branch branch, String method, String path, int at, byte[][][] own) {
    Rule below = branch.below.find(method);
    if (below != null) {
      return below;
    }
    if (at > path.length()) {
      return branch.here.find(method);
    }
    int slash = path.indexOf('/', at);
    int end = slash < 0 ? path.length() : slash;
    Branch same = branch.named(path, at, end);
    Rule found = same == null ? null : find(same, method, path, end + 1, own);
    if (found == null && branch.any != null && end > at) {
      found = find(branch.any, method, path, end + 1, own);
    }
    for (int i = 0; i < branch.claims.length && found == null; i++) {
      if (branch.claims[i].is(path, at, end, own)) {
        found = find(branch.claims[i].branch, method, path, end + 1, own);
      }
    }
    return found;
  }

  /**
   * A {@code *} that must be a value of a claim.
   *
   * @param claim the claim's place
   * @param branch where it leads
   */
  private record Own(int claim, Branch branch) {
    boolean is(String path, int from, int to, byte[][][] own) {
      if (claim < own.length && to > from) {
        for (byte[] value : own[claim]) {
          if (is(value, path, from, to)) {
            return true;
          }
        }
      }
      return false;
    }

    /** Whether this part of a path says {@code value}, percent-encoded or not. */
    private static boolean is(byte[] value, String path, int from, int to) {
      int at = from;
      for (byte wanted : value) {
        if (at >= to) {
          return false;
        }
        int said = path.charAt(at++);
        if (said == '%' && at + 1 < to) {
          said =
              Character.digit(path.charAt(at), 16) << 4 | Character.digit(path.charAt(at + 1), 16);
          at += 2;
        }
        if (said != (wanted & 0xff)) {
          return false;
        }
      }
      return at == to;
    }
  }

  /**
   * Where the patterns with the same first segments go on.
   *
   * @param names of the branches that are named, each at the place of its hash or the next free one
   *     behind it; at least half of the places are free, and they are a power of two, or none
   * @param branches at the places of their names
   * @param any where {@code *} leads
   * @param claims where {@code *} leads that must be a value of a claim
   * @param here rules whose pattern ends here
   * @param below rules whose pattern has {@code **} here
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Branch(
      @Nullable String[] names,
      @Nullable Branch[] branches,
      @Nullable Branch any,
      Own[] claims,
      ByMethod here,
      ByMethod below) {

    /** The branch whose name is this part of {@code path}, or null. */
    @Nullable Branch named(String path, int from, int to) {
      int last = names.length - 1;
      if (last < 0) {
        return null;
      }
      int place = hash(path, from, to) & last;
      for (String name = names[place]; name != null; name = names[place]) {
        if (name.length() == to - from && path.startsWith(name, from)) {
          return branches[place];
        }
        place = place + 1 & last;
      }
      return null;
    }

    private static int hash(String text, int from, int to) {
      int hash = 0;
      for (int i = from; i < to; i++) {
        hash = 31 * hash + text.charAt(i);
      }
      return hash ^ hash >>> 16;
    }
  }

  /**
   * Rules of one pattern.
   *
   * @param all the one for all methods
   * @param each those for one method
   */
  private record ByMethod(@Nullable Rule all, Map<String, Rule> each) {
    static final ByMethod NONE = new ByMethod(null, Map.of());

    @Nullable Rule find(String method) {
      return all == null ? each.get(method) : all;
    }
  }

  /** A tree that grows. */
  static final class Growing {
    private final List<String> claims;
    private final GrowingBranch root = new GrowingBranch();

    /**
     * @param claims all that permissions name, each known by its place
     */
    Growing(List<String> claims) {
      this.claims = claims;
    }

    /** Adds a rule of {@code permission}. Of several for one pattern and method the first stays. */
    void add(RoleDefinition.Permission permission, Rule rule) {
      Set<String> methods = permission.methods();
      GrowingBranch branch = root;
      int places = 0;
      for (String segment : rule.pattern().substring(1).split("/", -1)) {
        if (segment.equals(REST)) {
          branch.below.add(methods, rule);
          return;
        }
        String claim = segment.equals(ANY) ? permission.where().get(++places) : null;
        branch = claim == null ? branch.next(segment) : branch.own(claims.indexOf(claim));
      }
      branch.here.add(methods, rule);
    }

    PathTree grown() {
      int[] count = {0};
      return new PathTree(root.grown(count), count[0]);
    }
  }

  private static final class GrowingBranch {
    private final Map<String, GrowingBranch> named = new HashMap<>();
    private @Nullable GrowingBranch any;
    private final Map<Integer, GrowingBranch> claims = new TreeMap<>();
    private final GrowingByMethod here = new GrowingByMethod();
    private final GrowingByMethod below = new GrowingByMethod();

    GrowingBranch next(String segment) {
      if (!segment.equals(ANY)) {
        return named.computeIfAbsent(segment, _ -> new GrowingBranch());
      }
      GrowingBranch next = any == null ? new GrowingBranch() : any;
      any = next;
      return next;
    }

    GrowingBranch own(int claim) {
      return claims.computeIfAbsent(claim, _ -> new GrowingBranch());
    }

    Branch grown(int[] count) {
      count[0]++;
      int places = named.isEmpty() ? 0 : Integer.highestOneBit(2 * named.size() - 1) << 1;
      @Nullable String[] names = new String[places];
      @Nullable Branch[] branches = new Branch[places];
      for (Map.Entry<String, GrowingBranch> entry : named.entrySet()) {
        String name = entry.getKey();
        int place = Branch.hash(name, 0, name.length()) & places - 1;
        while (names[place] != null) {
          place = place + 1 & places - 1;
        }
        names[place] = name;
        branches[place] = entry.getValue().grown(count);
      }
      Branch rest = any == null ? null : any.grown(count);
      Own[] own =
          claims.entrySet().stream()
              .map(entry -> new Own(entry.getKey(), entry.getValue().grown(count)))
              .toArray(Own[]::new);
      return new Branch(names, branches, rest, own, here.grown(), below.grown());
    }
  }

  private static final class GrowingByMethod {
    private @Nullable Rule all;
    private final Map<String, Rule> each = new HashMap<>();

    void add(Set<String> methods, Rule rule) {
      if (methods.isEmpty() && all == null) {
        all = rule;
      }
      for (String method : methods) {
        each.putIfAbsent(method, rule);
      }
    }

    ByMethod grown() {
      return all == null && each.isEmpty() ? ByMethod.NONE : new ByMethod(all, Map.copyOf(each));
    }
  }
}
