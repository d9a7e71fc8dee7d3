package dev.aegis.admin.changes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.ApiKeySecret;
import dev.aegis.journal.Entry;
import dev.aegis.journal.KeyedChain;
import dev.aegis.journal.Kind;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.Pem;
import dev.aegis.journal.SealedMember;
import dev.aegis.journal.SealedSecret;
import dev.aegis.model.Violation;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Seals what an object must keep to itself before it goes into the journal, and makes what Aegis
 * itself has to choose.
 *
 * <p>A document that does not mention its secret keeps the one it has, because no reply ever showed
 * it: what was read can be written back.
 */
final class Secrets {
  private static final String MEMBER = "secret";
  private static final String CLIENT_SECRET = "client_secret";
  private static final int MAX_CLIENT_SECRET = 1_024;
  private static final String PRIVATE_KEY = "private_key";
  private static final String WEBHOOK_PREFIX = "whsec_";
  private static final int WEBHOOK_BYTES = 32;
  private static final String KEYS_SHOWN = "secrets";
  private static final String KEYS_HASHED = "hashes";
  private static final String SIGNING = "signing";
  private static final String EXPIRES = "expires_at";

  private final MasterKey masterKey;
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();

  Secrets(MasterKey masterKey, InstantSource clock) {
    this.masterKey = masterKey;
    this.clock = clock;
  }

  /**
   * Puts the sealed secret into {@code document}, or takes it out.
   *
   * @return a secret that was made and is to be told once, or null
   */
  @Nullable String settle(
      ObjectKey key, ObjectNode document, @Nullable Entry current, List<Violation> violations) {
    return switch (key.kind()) {
      case ISSUER -> {
        issuer(key, document, current, violations);
        if (document.path("introspection") instanceof ObjectNode introspection) {
          clientSecret(key, introspection, current, violations);
        }
        yield null;
      }
      case WEBHOOK -> webhook(key, document, current, violations);
      case CERTIFICATE -> {
        privateKey(key, "", document, current == null ? null : current.body(), violations);
        yield null;
      }
      case UPSTREAM -> {
        if (document.path("tls") instanceof ObjectNode tls) {
          clientKey(key, tls, current, violations);
        }
        yield null;
      }
      case API_KEY -> apiKey(key, document, current, violations);
      case OPERATOR -> shown(key, document, current, violations);
      case TENANT, ROUTE, ROLE, BINDING, PLUGIN, REVOCATION -> null;
    };
  }

  /** Gives {@code document} a new secret and returns it. */
  String renew(ObjectKey key, ObjectNode document) {
    byte[] bytes = new byte[WEBHOOK_BYTES];
    random.nextBytes(bytes);
    String secret = WEBHOOK_PREFIX + Base64.getEncoder().encodeToString(bytes);
    document.set(MEMBER, masterKey.seal(key, secret).toJson());
    return secret;
  }

  /**
   * Gives the document of an API key a new secret and returns it. The one before is taken for
   * {@code overlap} longer, those before it no more: two at most.
   */
  String rotate(ObjectKey key, ObjectNode document, Duration overlap) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    JsonNode shown = document.path(KEYS_SHOWN).path(0);
    JsonNode hash = document.path(KEYS_HASHED).path(0);
    String secret = mint(key, document, now);
    if (!overlap.isZero() && shown instanceof ObjectNode before && !hash.isMissingNode()) {
      before.put(EXPIRES, now.plus(overlap).toString());
      document.withArray(KEYS_SHOWN).add(before);
      document.withArray(KEYS_HASHED).add(hash);
    }
    return secret;
  }

  /** Makes a key's only secret; of a key that signs, its text is kept too, sealed. */
  private String mint(ObjectKey key, ObjectNode document, Instant now) {
    ApiKeySecret made = ApiKeySecret.mint(random);
    ObjectNode shown = document.putArray(KEYS_SHOWN).addObject();
    shown.put("prefix", made.prefix());
    shown.put("last_four", made.lastFour());
    shown.put("created_at", now.toString());
    shown.putNull(EXPIRES);
    String hash = made.hash().toString();
    if (document.path(SIGNING).booleanValue()) {
      ObjectNode kept = document.putArray(KEYS_HASHED).addObject().put("sha256", hash);
      kept.set("sealed", masterKey.seal(key, made.text()).toJson());
    } else {
      document.putArray(KEYS_HASHED).add(hash);
    }
    return made.text();
  }

  private @Nullable String apiKey(
      ObjectKey key, ObjectNode document, @Nullable Entry current, List<Violation> violations) {
    String made = shown(key, document, current, violations);
    if (current == null) {
      return made;
    }
    boolean signs = current.body().path(SIGNING).booleanValue();
    JsonNode wanted = document.path(SIGNING);
    if (wanted.isBoolean() && wanted.booleanValue() != signs) {
      violations.add(new Violation("/" + SIGNING, "cannot be changed; make another key"));
    }
    if (wanted.isMissingNode() || wanted.isNull() || wanted.isBoolean()) {
      document.put(SIGNING, signs);
    }
    return null;
  }

  /**
   * The secrets that callers or operators show are made here, and stay as they are. What a reply
   * shows of them may come back, and means nothing then.
   */
  private @Nullable String shown(
      ObjectKey key, ObjectNode document, @Nullable Entry current, List<Violation> violations) {
    document.remove(KEYS_SHOWN);
    for (String made : List.of(MEMBER, KEYS_HASHED)) {
      JsonNode given = document.remove(made);
      if (given != null && !given.isNull()) {
        violations.add(
            new Violation("/" + made, "is made by Aegis; ask for a new secret by …/rotate"));
      }
    }
    if (current == null) {
      return mint(key, document, clock.instant().truncatedTo(ChronoUnit.SECONDS));
    }
    for (String kept : List.of(KEYS_SHOWN, KEYS_HASHED)) {
      document.set(kept, current.body().path(kept).deepCopy());
    }
    return null;
  }

  private @Nullable String webhook(
      ObjectKey key, ObjectNode document, @Nullable Entry current, List<Violation> violations) {
    JsonNode given = document.remove(MEMBER);
    if (given != null && !given.isNull()) {
      violations.add(
          new Violation("/" + MEMBER, "is made by Aegis; ask for a new one by …/rotate-secret"));
      return null;
    }
    JsonNode kept = current == null ? null : current.body().get(MEMBER);
    if (kept == null) {
      return renew(key, document);
    }
    document.set(MEMBER, kept);
    return null;
  }

  private void issuer(
      ObjectKey key, ObjectNode document, @Nullable Entry current, List<Violation> violations) {
    int leastBytes = 0;
    for (JsonNode algorithm : document.path("algorithms")) {
      leastBytes = Math.max(leastBytes, leastBytes(algorithm.asText()));
    }
    JsonNode given = document.remove(MEMBER);
    JsonNode kept = current == null ? null : current.body().get(MEMBER);
    if (given == null || given.isNull()) {
      if (kept != null && leastBytes > 0) {
        document.set(MEMBER, kept);
      }
      return;
    }
    String secret = given.textValue();
    if (secret == null) {
      violations.add(new Violation("/" + MEMBER, "must be a string"));
    } else if (secret.getBytes(StandardCharsets.UTF_8).length < leastBytes) {
      violations.add(
          new Violation(
              "/" + MEMBER,
              "must have at least "
                  + leastBytes
                  + " bytes for these algorithms (RFC 7518 section 3.2)"));
    } else {
      document.set(
          MEMBER,
          kept != null && opensTo(key, kept, secret) ? kept : masterKey.seal(key, secret).toJson());
    }
  }

  /**
   * By what Aegis is known where an issuer is asked about tokens. It is kept only for the place and
   * the name that it was given for: whoever may change an issuer must not have it sent elsewhere.
   */
  private void clientSecret(
      ObjectKey key,
      ObjectNode introspection,
      @Nullable Entry current,
      List<Violation> violations) {
    String field = "/introspection/" + CLIENT_SECRET;
    JsonNode given = introspection.remove(CLIENT_SECRET);
    JsonNode before = current == null ? null : current.body().get("introspection");
    JsonNode kept = before == null ? null : before.get(CLIENT_SECRET);
    if (given == null || given.isNull()) {
      if (before == null || kept == null) {
        return; // the definition says that it is required
      }
      if (before.path("url").equals(introspection.path("url"))
          && before.path("client_id").equals(introspection.path("client_id"))) {
        introspection.set(CLIENT_SECRET, kept);
      } else {
        violations.add(new Violation(field, "must be sent again with another url or client_id"));
      }
      return;
    }
    String secret = given.textValue();
    if (secret == null) {
      violations.add(new Violation(field, "must be a string"));
    } else if (secret.isEmpty() || secret.length() > MAX_CLIENT_SECRET) {
      violations.add(new Violation(field, "must have 1 to " + MAX_CLIENT_SECRET + " characters"));
    } else {
      introspection.set(
          CLIENT_SECRET,
          kept != null && opensTo(key, kept, secret) ? kept : masterKey.seal(key, secret).toJson());
    }
  }

  /** The key that targets may ask for; it goes when the certificate goes. */
  private void clientKey(
      ObjectKey key, ObjectNode tls, @Nullable Entry current, List<Violation> violations) {
    boolean shows = tls.hasNonNull("certificate");
    JsonNode kept = current == null ? null : current.body().path("tls");
    privateKey(
        key, "/tls", tls, shows && kept instanceof ObjectNode before ? before : null, violations);
  }

  /**
   * The key that was sent, or else the one it has, must be that of the certificate.
   *
   * @param pointer where {@code owner}, which holds both, stands in the document
   */
  private void privateKey(
      ObjectKey key,
      String pointer,
      ObjectNode owner,
      @Nullable ObjectNode before,
      List<Violation> violations) {
    JsonNode given = owner.remove(PRIVATE_KEY);
    JsonNode kept = before == null ? null : before.get(PRIVATE_KEY);
    boolean keeps = given == null || given.isNull();
    if (keeps && kept == null) {
      return; // the definition says that it is required
    }
    String pem = keeps && kept != null ? opened(key, kept) : keeps ? null : given.textValue();
    if (pem == null) {
      violations.add(
          new Violation(
              pointer + "/" + PRIVATE_KEY,
              keeps ? "cannot be opened with this master key; send it again" : "must be a string"));
      return;
    }
    String mismatch = mismatch(owner.path("certificate").asText(), pem);
    if (mismatch != null) {
      violations.add(new Violation(pointer + "/" + PRIVATE_KEY, mismatch));
      return;
    }
    owner.set(
        PRIVATE_KEY,
        kept != null && (keeps || opensTo(key, kept, pem))
            ? kept
            : masterKey.seal(key, pem).toJson());
  }

  private static @Nullable String mismatch(String certificate, String pem) {
    List<X509Certificate> chain;
    try {
      chain = Pem.certificates(certificate);
    } catch (IllegalArgumentException e) {
      return null; // the definition says what is wrong with the certificate
    }
    try {
      KeyedChain.of(chain, pem);
      return null;
    } catch (IllegalArgumentException e) {
      return e.getMessage();
    }
  }

  private boolean opensTo(ObjectKey key, JsonNode kept, String secret) {
    return secret.equals(opened(key, kept));
  }

  /** The secret in clear, null when it was sealed under another master key. */
  private @Nullable String opened(ObjectKey key, JsonNode kept) {
    SealedSecret sealed =
        new SealedSecret(kept.path("key_id").asText(), kept.path("ciphertext").asText());
    try {
      return masterKey.open(key, sealed);
    } catch (IllegalArgumentException e) {
      // What is sent anew replaces it.
      return null;
    }
  }

  private static int leastBytes(String algorithm) {
    return switch (algorithm) {
      case "HS256" -> 32;
      case "HS384" -> 48;
      case "HS512" -> 64;
      default -> 0;
    };
  }

  /** Where secrets stand in a document, of which Aegis may be the one to make them. */
  static Set<String> in(Kind kind, ObjectNode document) {
    Set<String> places = new HashSet<>();
    for (String secret : kind.secrets()) {
      places.add("/" + secret);
      places.add("/" + MEMBER);
    }
    if (kind == Kind.PLUGIN && SealedMember.in(document)) {
      places.add("/config");
    }
    places.removeIf(place -> document.at(place).isMissingNode() || document.at(place).isNull());
    return places;
  }

  /** Whether a violation only says that the secret is missing which was refused already. */
  static boolean echoes(Kind kind, Violation violation, List<Violation> before) {
    String field = violation.field();
    return kind.secrets().stream().anyMatch(secret -> field.equals("/" + secret))
        && before.stream().anyMatch(other -> other.field().equals(field));
  }
}
