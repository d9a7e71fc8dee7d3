package dev.aegis.journal;

import dev.aegis.journal.LoadBalancing.ConsistentHash;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where the requests of a route go. */
public sealed interface Destination {
  /** Ids of all upstreams that it names. */
  List<String> upstreams();

  /** All to one upstream. */
  record One(String upstream) implements Destination {
    @Override
    public List<String> upstreams() {
      return List.of(upstream);
    }
  }

  /**
   * Shared out among several upstreams by weight.
   *
   * @param shares each upstream once, at least one with a weight
   * @param by what requests to one upstream have in common, null when each is drawn by itself
   * @param header field in lower case whose value may name the upstream, null for none
   */
  record Split(List<Share> shares, @Nullable ConsistentHash by, @Nullable String header)
      implements Destination {
    public Split {
      shares = List.copyOf(shares);
    }

    @Override
    public List<String> upstreams() {
      return shares.stream().map(Share::upstream).toList();
    }
  }

  /**
   * What one upstream gets.
   *
   * @param weight 0 to 10,000; 0 for only what names it
   */
  record Share(String upstream, int weight) {}

  /** Reads {@code upstream}, or {@code split} with what belongs to it. */
  static Destination read(Fields fields) {
    List<Share> shares =
        fields.objects(
            "split",
            share -> new Share(share.text("upstream"), (int) share.number("weight", 1, 0, 10_000)));
    ConsistentHash by = LoadBalancing.readKey(fields, "split_by");
    String header = fields.optionalText("split_header");
    if (header != null && !LoadBalancing.token(header)) {
      fields.reject("split_header", "must be the name of a header field");
    }
    if (shares.isEmpty()) {
      for (String name : List.of("split_by", "split_header")) {
        if (!fields.absent(name)) {
          fields.reject(name, "needs \"split\"");
        }
      }
      return new One(fields.text("upstream"));
    }
    if (fields.optionalText("upstream") != null) {
      fields.reject("upstream", "must not stand beside \"split\"");
    }
    Set<String> seen = new HashSet<>();
    for (Share share : shares) {
      if (!seen.add(share.upstream())) {
        fields.reject("split", "must name each upstream once");
      }
    }
    if (shares.stream().allMatch(share -> share.weight() == 0)) {
      fields.reject("split", "must give a weight above 0 to at least one upstream");
    }
    return new Split(shares, by, header == null ? null : header.toLowerCase(Locale.ROOT));
  }
}
