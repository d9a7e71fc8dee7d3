package dev.aegis.journal;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Which pages of other origins a browser lets use a route (Fetch standard, section "CORS
 * protocol").
 *
 * @param origins {@code scheme://host[:port]}, with {@code *.} before the host for all hosts below
 *     it; {@code *} for all
 * @param methods that pages may use; empty for those of the route
 * @param headers fields that pages may send; empty for those they ask for
 * @param expose fields of replies that pages may read beside the common ones
 * @param credentials whether cookies and the like are sent
 * @param maxAge how long a browser need not ask again
 */
public record Cors(
    List<String> origins,
    Set<String> methods,
    List<String> headers,
    List<String> expose,
    boolean credentials,
    Duration maxAge) {
  /** Stands for every origin. */
  public static final String ANY = "*";

  static Cors read(Fields fields) {
    List<String> origins = fields.texts("origins");
    if (origins.isEmpty()) {
      fields.reject("origins", "must hold at least one origin");
    }
    for (String origin : origins) {
      if (!origin.equals(ANY) && !isOrigin(origin)) {
        fields.reject(
            "origins",
            "\""
                + origin
                + "\" is not an origin as browsers write it, such as https://app.acme.test or"
                + " https://*.acme.test, nor *");
      }
    }
    boolean credentials = fields.flag("credentials", false);
    if (credentials && origins.contains(ANY)) {
      fields.reject("origins", "must not hold \"*\" with credentials: name who may use them");
    }
    return new Cors(
        origins,
        Methods.read(fields, "methods"),
        names(fields, "headers"),
        names(fields, "expose"),
        credentials,
        Duration.ofSeconds(fields.number("max_age_s", 600, 0, 86_400)));
  }

  private static List<String> names(Fields fields, String member) {
    List<String> names = fields.texts(member);
    for (String name : names) {
      if (!LoadBalancing.token(name)) {
        fields.reject(member, "\"" + name + "\" is not the name of a header field");
      }
    }
    return names;
  }

  /** RFC 6454 section 6.2: in lower case, without a default port. */
  private static boolean isOrigin(String text) {
    try {
      URI uri = new URI(text.replace("://*.", "://any."));
      String scheme = String.valueOf(uri.getScheme());
      int usual = scheme.equals("https") ? 443 : 80;
      return (scheme.equals("https") || scheme.equals("http"))
          && uri.getHost() != null
          && uri.getRawUserInfo() == null
          && uri.getRawPath().isEmpty()
          && uri.getRawQuery() == null
          && uri.getRawFragment() == null
          && !uri.getRawAuthority().endsWith(":")
          && uri.getPort() != usual
          && uri.getPort() <= 65_535
          && text.equals(text.toLowerCase(Locale.ROOT));
    } catch (URISyntaxException e) {
      return false;
    }
  }
}
