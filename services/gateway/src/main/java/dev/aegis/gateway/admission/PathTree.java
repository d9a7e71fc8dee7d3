package dev.aegis.gateway.admission;

import dev.aegis.journal.PathPattern;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Rules by the segments of their patterns, see {@link PathPattern} for the syntax. To ask it costs
 * what the path's segments cost, not what there are rules: a segment leads on to the branch of its
 * name and to that of {@code *}. Comes to the same as asking one pattern after the other. Makes no
 * object when it is asked.
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

  /** A rule that covers {@code method} on the canonical {@code path}, or null. */
  @Nullable Rule find(String method, String path) {
    return find(root, method, path, 1);
  }

  private static @Nullable Rule find(Branch branch, String method, String path, int at) {
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
    Rule found = same == null ? null : find(same, method, path, end + 1);
    if (found == null && branch.any != null && end > at) {
      found = find(branch.any, method, path, end + 1);
    }
    return found;
  }

  /**
   * Where the patterns with the same first segments go on.
   *
   * @param names of the branches that are named, each at the place of its hash or the next free one
   *     behind it; at least half of the places are free, and they are a power of two, or none
   * @param branches at the places of their names
   * @param any where {@code *} leads
   * @param here rules whose pattern ends here
   * @param below rules whose pattern has {@code **} here
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Branch(
      @Nullable String[] names,
      @Nullable Branch[] branches,
      @Nullable Branch any,
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
    private final GrowingBranch root = new GrowingBranch();

    /**
     * Adds a rule. Of several for one pattern and method the first stays.
     *
     * @param methods it covers; empty for all
     */
    void add(Set<String> methods, Rule rule) {
      GrowingBranch branch = root;
      for (String segment : rule.pattern().substring(1).split("/", -1)) {
        if (segment.equals(REST)) {
          branch.below.add(methods, rule);
          return;
        }
        branch = branch.next(segment);
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
      return new Branch(names, branches, rest, here.grown(), below.grown());
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
