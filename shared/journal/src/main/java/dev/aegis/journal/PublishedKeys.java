package dev.aegis.journal;

import java.net.URI;
import java.net.URISyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * Where an issuer publishes its keys, and how long those are good that it shows no more.
 *
 * @param place where they are
 * @param overlapSeconds how long a key is still good after it has left the set
 * @param maxStaleSeconds how long the last known keys are good while nobody answers
 */
public record PublishedKeys(Place place, int overlapSeconds, int maxStaleSeconds) {
  /** Longest overlap: a day. */
  public static final int MAX_OVERLAP_SECONDS = 86_400;

  private static final int MAX_STALE_SECONDS = 30 * 86_400;
  private static final int MAX_URL = 2_048;

  /** Where a set of keys is. */
  public sealed interface Place {
    /** Names it, also over a restart; two issuers with the same place share what is fetched. */
    String name();
  }

  /** A JSON Web Key Set (RFC 7517 section 5) at a URL. */
  public record At(URI url) implements Place {
    @Override
    public String name() {
      return "jwks " + url;
    }
  }

  /**
   * A key set where the issuer's discovery document says (OpenID Connect Discovery 1.0).
   *
   * @param issuer which the document must name, letter by letter
   */
  public record Discovered(String issuer) implements Place {
    @Override
    public String name() {
      return "discovery " + issuer;
    }
  }

  /**
   * Reads {@code jwks_url}, {@code discovery} and their terms.
   *
   * @param bare whether nothing else says which keys the issuer has; then one with an https URL for
   *     a name has discovery unless it says that it has not
   * @return null when its keys are not published
   */
  static @Nullable PublishedKeys read(Fields fields, String issuer, boolean bare) {
    String text = fields.optionalText("jwks_url");
    boolean usual = bare && fields.absent("jwks_url") && issuer.startsWith("https://");
    boolean discovery = fields.flag("discovery", usual);
    int overlap = (int) fields.number("keys_overlap_seconds", 300, 0, MAX_OVERLAP_SECONDS);
    int maxStale = (int) fields.number("keys_max_stale_seconds", 86_400, 300, MAX_STALE_SECONDS);
    if (text == null && !discovery) {
      for (String term : new String[] {"keys_overlap_seconds", "keys_max_stale_seconds"}) {
        if (!fields.absent(term)) {
          fields.reject(term, "is only for keys that are fetched");
        }
      }
      return null;
    }
    if (text != null && discovery) {
      fields.reject("discovery", "is not for an issuer with jwks_url");
    }
    Place place = new Discovered(issuer);
    if (text != null) {
      URI url = url(text);
      if (url == null) {
        fields.reject("jwks_url", "must be an absolute https URL without user or fragment");
      } else {
        place = new At(url);
      }
    } else {
      URI url = url(issuer);
      if (url == null || url.getRawQuery() != null) {
        fields.reject(
            "discovery", "needs an issuer that is an https URL without query or fragment");
      }
    }
    return new PublishedKeys(place, overlap, maxStale);
  }

  /**
   * The URL of a document that can be fetched: absolute, https or http, without user and fragment;
   * null when the text is none. Whether http may be spoken, and to whom, is the gateway's to say.
   */
  public static @Nullable URI url(String text) {
    if (text.length() > MAX_URL || !text.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      return null;
    }
    try {
      URI url = new URI(text);
      boolean fetched = "https".equals(url.getScheme()) || "http".equals(url.getScheme());
      return fetched
              && url.getHost() != null
              && url.getPort() != 0
              && url.getPort() <= 65_535
              && url.getRawUserInfo() == null
              && url.getRawFragment() == null
          ? url
          : null;
    } catch (URISyntaxException e) {
      return null;
    }
  }
}
