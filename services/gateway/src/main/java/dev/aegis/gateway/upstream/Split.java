package dev.aegis.gateway.upstream;

import dev.aegis.gateway.upstream.Choice.Hashed;
import dev.aegis.journal.LoadBalancing.ConsistentHash;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Which of a route's upstreams serves a request: the compiled form of its {@code split}, and of its
 * one {@code upstream}. Any number of requests ask at once; none waits for another.
 */
public final class Split {
  private final List<Share> shares;
  private final int sum;
  private final @Nullable ConsistentHash by;
  private final @Nullable String header;
  private final IntUnaryOperator random;

  /**
   * What one of them gets.
   *
   * @param weight 0 for only what names it
   */
  public record Share(Backend backend, int weight) {}

  private Split(
      List<Share> shares,
      @Nullable ConsistentHash by,
      @Nullable String header,
      IntUnaryOperator random) {
    this.shares = List.copyOf(shares);
    this.sum = shares.stream().mapToInt(Share::weight).sum();
    this.by = by;
    this.header = header;
    this.random = random;
  }

  /** All requests to one. */
  public static Split one(Backend backend) {
    return new Split(List.of(new Share(backend, 1)), null, null, bound -> 0);
  }

  /**
   * Requests shared out by weight.
   *
   * @param shares at least one with a weight
   * @param by what requests to one upstream have in common, null when each is drawn by itself
   * @param header field in lower case whose value may name the upstream, null for none
   * @param random a number from 0 to below its argument
   */
  public static Split of(
      List<Share> shares,
      @Nullable ConsistentHash by,
      @Nullable String header,
      IntUnaryOperator random) {
    return new Split(shares, by, header, random);
  }

  /** The one there is, null when there are several. */
  public @Nullable Backend only() {
    return shares.size() == 1 ? shares.getFirst().backend() : null;
  }

  /** Who serves {@code request}. */
  public Backend choose(Affinity request) {
    if (shares.size() == 1) {
      return shares.getFirst().backend();
    }
    String named = header == null ? null : request.field(header);
    if (named != null) {
      for (Share share : shares) {
        if (share.backend().id().equals(named)) {
          return share.backend();
        }
      }
    }
    return by == null ? drawn() : highest(Choice.hash(Hashed.key(by.by(), by.name(), request)));
  }

  private Backend drawn() {
    int rest = random.applyAsInt(sum);
    for (Share share : shares) {
      rest -= share.weight();
      if (rest < 0) {
        return share.backend();
      }
    }
    throw new IllegalStateException("Drawn beyond the sum of the weights");
  }

  /** When weights change, only those requests move that must. */
  private Backend highest(long key) {
    Backend best = shares.getFirst().backend();
    double highest = 0;
    for (Share share : shares) {
      double bid = Hashed.bid(key, Choice.hash(share.backend().id()), share.weight());
      if (bid > highest) {
        best = share.backend();
        highest = bid;
      }
    }
    return best;
  }
}
