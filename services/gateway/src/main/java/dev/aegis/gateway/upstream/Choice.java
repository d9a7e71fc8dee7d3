package dev.aegis.gateway.upstream;

import dev.aegis.journal.LoadBalancing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntUnaryOperator;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Who gets the next attempt: the compiled form of an upstream's load balancing over its targets of
 * now. Any number of requests ask at once; none waits for another.
 */
interface Choice {
  /**
   * The target for {@code request} among those that are {@code fit}, or null when none is.
   *
   * @param fit whether a target may be used at all
   */
  @Nullable Target among(Affinity request, Predicate<Target> fit);

  /**
   * A target and its share.
   *
   * @param weight at least 1
   */
  record Share(Target target, int weight) {
    /** The same as requests with a wish see it. */
    Affinity.Fit fit() {
      return new Affinity.Fit(target.authority(), weight, target.active());
    }

    /** Requests under way per weight, with the one that is to come. */
    private double load() {
      return (target.active() + 1.0) / weight;
    }
  }

  /**
   * Compiles.
   *
   * @param shares targets of weight 0 are left out already
   * @param turn where the turns stand; goes on counting when the targets change
   * @param random a number from 0 to below its argument
   */
  static Choice of(
      LoadBalancing how, List<Share> shares, AtomicInteger turn, IntUnaryOperator random) {
    if (shares.isEmpty()) {
      return (request, fit) -> null;
    }
    return switch (how) {
      case LoadBalancing.RoundRobin() -> new Turns(interleave(shares), turn);
      case LoadBalancing.LeastRequests() -> new Least(List.copyOf(shares), turn);
      case LoadBalancing.RandomTwo() -> new Two(List.copyOf(shares), random);
      case LoadBalancing.ConsistentHash(LoadBalancing.By by, String name) ->
          new Hashed(by, name, List.copyOf(shares));
    };
  }

  /**
   * Group after group: a target of one gets something only when nobody of those before is fit.
   *
   * @param groups in their order
   */
  record Ranked(List<Choice> groups) implements Choice {
    @Override
    public @Nullable Target among(Affinity request, Predicate<Target> fit) {
      for (Choice group : groups) {
        Target target = group.among(request, fit);
        if (target != null) {
          return target;
        }
      }
      return null;
    }
  }

  /**
   * Round robin.
   *
   * @param order each target as often as its weight says, interleaved
   */
  record Turns(List<Target> order, AtomicInteger turn) implements Choice {
    @Override
    public @Nullable Target among(Affinity request, Predicate<Target> fit) {
      int size = order.size();
      int first = Integer.remainderUnsigned(turn.getAndIncrement(), size);
      for (int i = 0; i < size; i++) {
        Target target = order.get((first + i) % size);
        if (fit.test(target)) {
          return target;
        }
      }
      turn.decrementAndGet(); // nobody's: who asks others next must not skip one of them
      return null;
    }
  }

  /** Fewest requests under way; among equals the turns decide. */
  record Least(List<Share> shares, AtomicInteger turn) implements Choice {
    @Override
    public @Nullable Target among(Affinity request, Predicate<Target> fit) {
      int size = shares.size();
      int first = Integer.remainderUnsigned(turn.getAndIncrement(), size);
      Target best = null;
      double least = Double.MAX_VALUE;
      for (int i = 0; i < size; i++) {
        Share share = shares.get((first + i) % size);
        double load = share.load();
        if (load < least && fit.test(share.target())) {
          best = share.target();
          least = load;
        }
      }
      if (best == null) {
        turn.decrementAndGet(); // as above
      }
      return best;
    }
  }

  /**
   * The less busy of two drawn by weight (Mitzenmacher, "The power of two choices in randomized
   * load balancing"): close to the least busy without looking at all, and without all gateways
   * rushing to the same one.
   */
  final class Two implements Choice {
    private final List<Share> shares;
    private final int[] ends; // sums of the weights up to and with each share
    private final IntUnaryOperator random;

    Two(List<Share> shares, IntUnaryOperator random) {
      this.shares = shares;
      this.ends = new int[shares.size()];
      this.random = random;
      int sum = 0;
      for (int i = 0; i < ends.length; i++) {
        sum += shares.get(i).weight();
        ends[i] = sum;
      }
    }

    @Override
    public @Nullable Target among(Affinity request, Predicate<Target> fit) {
      int first = draw(-1, fit);
      if (first < 0) {
        return null;
      }
      int second = draw(first, fit);
      Target one = shares.get(first).target();
      if (second < 0) {
        return one;
      }
      // The draw has heard of the weights; the load has not.
      Target other = shares.get(second).target();
      return other.active() < one.active() ? other : one;
    }

    /** A fit share other than {@code taken}: the one drawn, or the next behind it; -1 for none. */
    private int draw(int taken, Predicate<Target> fit) {
      int all = ends[ends.length - 1];
      int before = taken < 0 ? 0 : ends[taken] - shares.get(taken).weight();
      int without = taken < 0 ? all : all - shares.get(taken).weight();
      if (without == 0) {
        return -1;
      }
      int drawn = random.applyAsInt(without);
      int at = at(taken >= 0 && drawn >= before ? drawn + all - without : drawn);
      for (int i = 0; i < ends.length; i++) {
        int next = (at + i) % ends.length;
        if (next != taken && fit.test(shares.get(next).target())) {
          return next;
        }
      }
      return -1;
    }

    private int at(int point) {
      int low = 0;
      int high = ends.length - 1;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (ends[middle] > point) {
          high = middle;
        } else {
          low = middle + 1;
        }
      }
      return low;
    }
  }

  /**
   * Weighted rendezvous hashing (Thaler and Ravishankar, "A name-based mapping scheme for
   * rendezvous"): each target bids for the key and the highest bid wins. When a target goes, only
   * its own keys move, and they are spread over all that stay.
   */
  record Hashed(LoadBalancing.By by, String name, List<Share> shares) implements Choice {
    @Override
    public @Nullable Target among(Affinity request, Predicate<Target> fit) {
      long key = hash(key(by, name, request));
      Target best = null;
      double highest = -1;
      for (Share share : shares) {
        double bid = bid(key, share.target().hash(), share.weight());
        if (bid > highest && fit.test(share.target())) {
          best = share.target();
          highest = bid;
        }
      }
      return best;
    }

    static double bid(long key, long hash, int weight) {
      long mixed = mix(key ^ hash);
      double uniform = ((mixed >>> 11) + 0.5) / (1L << 53); // above 0 and below 1
      return weight / -Math.log(uniform);
    }

    /** What {@code request} has in common with others; the caller's address if it has not. */
    static String key(LoadBalancing.By by, String name, Affinity request) {
      String key =
          switch (by) {
            case SUBJECT -> request.subject();
            case HEADER -> request.field(name);
            case COOKIE -> cookie(request.field("cookie"), name);
            case IP -> request.address();
          };
      return key == null || key.isEmpty() ? request.address() : key;
    }
  }

  /** The value of a cookie in a {@code Cookie} line (RFC 6265 section 4.2.1), or null. */
  static @Nullable String cookie(@Nullable String line, String name) {
    int at = 0;
    while (line != null && at < line.length()) {
      int end = line.indexOf(';', at);
      end = end < 0 ? line.length() : end;
      while (at < end && line.charAt(at) == ' ') {
        at++;
      }
      int value = at + name.length() + 1;
      if (value <= end && line.charAt(value - 1) == '=' && line.startsWith(name, at)) {
        return line.substring(value, end);
      }
      at = end + 1;
    }
    return null;
  }

  /** FNV-1a over 64 bits, mixed. */
  static long hash(String text) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
    }
    return mix(hash);
  }

  /** The finalizer of SplitMix64: each bit of the result depends on all bits. */
  private static long mix(long bits) {
    long once = (bits ^ bits >>> 30) * 0xbf58476d1ce4e5b9L;
    long twice = (once ^ once >>> 27) * 0x94d049bb133111ebL;
    return twice ^ twice >>> 31;
  }

  /** Smooth weighted round robin, as nginx does it: one whole cycle, written out. */
  private static List<Target> interleave(List<Share> shares) {
    int maxTurns = 10_000;
    int divisor = 0;
    int total = 0;
    for (Share share : shares) {
      divisor = greatestCommonDivisor(divisor, share.weight());
      total += share.weight();
    }
    int length = Math.min(total / divisor, maxTurns);
    Map<Target, Integer> credit = new HashMap<>();
    List<Target> order = new ArrayList<>(length);
    for (int i = 0; i < length; i++) {
      Target best = shares.getFirst().target();
      for (Share share : shares) {
        int now = credit.merge(share.target(), share.weight(), Integer::sum);
        if (now > credit.getOrDefault(best, Integer.MIN_VALUE)) {
          best = share.target();
        }
      }
      credit.merge(best, -total, Integer::sum);
      order.add(best);
    }
    return List.copyOf(order);
  }

  private static int greatestCommonDivisor(int a, int b) {
    return b == 0 ? a : greatestCommonDivisor(b, a % b);
  }
}
