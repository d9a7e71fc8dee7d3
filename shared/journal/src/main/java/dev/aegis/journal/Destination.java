package dev.aegis.journal;

import dev.aegis.journal.LoadBalancing.ConsistentHash;
import java.net.URI;
import java.net.URISyntaxException;
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

  /**
   * To nobody: the caller is told to go elsewhere.
   *
   * @param status 301, 302, 303, 307 or 308
   * @param to an {@code http} or {@code https} URI or a path; {@code {host}}, {@code {path}} and
   *     {@code {query}} stand for those of the request
   */
  record Redirect(int status, String to) implements Destination {
    @Override
    public List<String> upstreams() {
      return List.of();
    }
  }

  /** Reads {@code upstream}, {@code split} with what belongs to it, or {@code redirect}. */
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
    }
    if (!fields.absent("redirect")) {
      for (String name : List.of("upstream", "split")) {
        if (!fields.absent(name)) {
          fields.reject(name, "must not stand beside \"redirect\"");
        }
      }
      fields.optionalText("upstream");
      return fields.object("redirect", Destination::redirect);
    }
    fields.knows("redirect");
    if (shares.isEmpty()) {
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

  private static Redirect redirect(Fields fields) {
    int status = (int) fields.number("status", 308, 301, 308);
    if (status > 303 && status < 307) {
      fields.reject("status", "must be 301, 302, 303, 307 or 308");
    }
    String to = fields.text("to");
    if (!to.isEmpty() && !leadsSomewhere(to)) {
      fields.reject(
          "to",
          "must be an http or https URI or a path, in visible ASCII, and may have {host} for its"
              + " host, and {path} and {query}");
    }
    return new Redirect(status, to);
  }

  /** Whether it is a place whatever the request has where the words stand (RFC 3986). */
  private static boolean leadsSomewhere(String to) {
    String hosted = to.replace("{host}", "h");
    for (String asked : List.of("/", "/p", "/?q", "/p?q")) {
      String path = asked.substring(0, asked.startsWith("/p") ? 2 : 1);
      String query = asked.substring(path.length());
      try {
        URI uri = new URI(hosted.replace("{path}", path).replace("{query}", query));
        boolean absolute = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
        boolean sound =
            absolute
                ? uri.getHost() != null && uri.getRawUserInfo() == null
                : uri.getScheme() == null
                    && uri.getRawAuthority() == null
                    && uri.getRawPath().startsWith("/");
        if (!sound || !uri.toASCIIString().equals(uri.toString())) {
          return false;
        }
      } catch (URISyntaxException e) {
        return false;
      }
    }
    return true;
  }
}
