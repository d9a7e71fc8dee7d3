package dev.aegis.tokens.keys;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.egress.Fetched;
import dev.aegis.journal.IssuerKey;
import dev.aegis.journal.Json;
import dev.aegis.journal.PublishedKeys;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an issuer answered when it was asked for its keys. */
sealed interface Answer {
  /** Most keys that a set may have. */
  int MAX_KEYS = 100;

  /**
   * Its set of keys.
   *
   * @param keys those of use here; a set may hold others (RFC 7517 section 5)
   * @param fresh how long it says that they are good for, null when it does not say
   */
  record Keys(List<Published> keys, @Nullable Duration fresh) implements Answer {}

  /**
   * Nothing that can be used.
   *
   * @param why for operators, such as {@code timeout} or {@code its key set is not JSON}
   */
  record Unusable(String why) implements Answer {}

  /**
   * A key as it was published.
   *
   * @param jwk its document
   * @param key what it says
   */
  record Published(ObjectNode jwk, IssuerKey key) {}

  /** Where the set is: as was said, or as the issuer's discovery document says. */
  sealed interface Whereabouts {
    /** There. */
    record There(URI url) implements Whereabouts {}

    /** Nobody knows. */
    record Unknown(String why) implements Whereabouts {}
  }

  /** Asks where the set is. */
  static Whereabouts whereabouts(PublishedKeys.Place place, Documents documents)
      throws InterruptedException {
    return switch (place) {
      case PublishedKeys.At(URI url) -> new Whereabouts.There(url);
      case PublishedKeys.Discovered(String issuer) ->
          switch (documents.fetch(document(issuer))) {
            case Fetched.Missed(String code) ->
                new Whereabouts.Unknown("its discovery document: " + code);
            case Fetched.Document document -> announced(issuer, document.body());
          };
    };
  }

  /** OpenID Connect Discovery 1.0 section 4.1. */
  private static URI document(String issuer) {
    String base = issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer;
    return URI.create(base + "/.well-known/openid-configuration");
  }

  /** Section 4.3: a document that names another issuer says nothing about this one. */
  private static Whereabouts announced(String issuer, byte[] body) {
    ObjectNode document;
    try {
      document = Json.readObject(body);
    } catch (IOException e) {
      return new Whereabouts.Unknown("its discovery document is not a JSON object");
    }
    if (!issuer.equals(document.path("issuer").textValue())) {
      return new Whereabouts.Unknown("its discovery document is that of another issuer");
    }
    URI url = PublishedKeys.url(document.path("jwks_uri").asText());
    if (url == null) {
      return new Whereabouts.Unknown("its discovery document has no jwks_uri that can be fetched");
    }
    if (issuer.startsWith("https:") && !url.getScheme().equals("https")) {
      return new Whereabouts.Unknown("its discovery document leads from https to http");
    }
    return new Whereabouts.There(url);
  }

  /** Asks for the set. */
  static Answer ask(URI url, Documents documents) throws InterruptedException {
    return switch (documents.fetch(url)) {
      case Fetched.Missed(String code) -> new Unusable("its key set: " + code);
      case Fetched.Document document -> read(document.body(), maxAge(document.cacheControl()));
    };
  }

  private static Answer read(byte[] body, @Nullable Duration fresh) {
    JsonNode listed;
    try {
      listed = Json.readObject(body).path("keys");
    } catch (IOException e) {
      return new Unusable("its key set is not a JSON object");
    }
    if (!listed.isArray()) {
      return new Unusable("its key set has no list of keys");
    }
    if (listed.size() > MAX_KEYS) {
      return new Unusable("its key set has more than " + MAX_KEYS + " keys");
    }
    List<Published> keys = new ArrayList<>();
    for (JsonNode each : listed) {
      Published key = each instanceof ObjectNode jwk ? published(jwk) : null;
      if (key != null) {
        keys.add(key);
      }
    }
    return new Keys(List.copyOf(keys), fresh);
  }

  /** Null when it is not for signatures that may be trusted: the others are not touched by it. */
  static @Nullable Published published(ObjectNode jwk) {
    try {
      return new Published(jwk, IssuerKey.ofJwk(jwk));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** The seconds of {@code max-age} (RFC 9111 section 5.2.2.1); null when it is not said. */
  private static @Nullable Duration maxAge(@Nullable String cacheControl) {
    if (cacheControl == null) {
      return null;
    }
    for (String directive : cacheControl.split(",", -1)) {
      String text = directive.strip();
      if (text.regionMatches(true, 0, "max-age=", 0, 8)) {
        String seconds = text.substring(8).replace("\"", "");
        boolean number =
            !seconds.isEmpty()
                && seconds.length() <= 9
                && seconds.chars().allMatch(c -> c >= '0' && c <= '9');
        return number ? Duration.ofSeconds(Long.parseLong(seconds)) : Duration.ZERO;
      }
    }
    return null;
  }
}
