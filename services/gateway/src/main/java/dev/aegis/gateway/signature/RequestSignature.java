package dev.aegis.gateway.signature;

import dev.aegis.gateway.http1.RequestHead;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The signature of a request (RFC 9421): of the right form, made for now, and over all that a
 * request is told apart by. Whether it holds is for its key to say.
 *
 * @param components what it covers, in its order
 * @param parameters the list of these with what is said of the signature, as it came
 * @param keyId which key is said to have made it
 * @param nonce what makes it unlike any other of this key, or null
 * @param bytes the signature itself
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares two
public record RequestSignature(
    List<String> components,
    String parameters,
    String keyId,
    @Nullable String nonce,
    byte[] bytes) {
  /** How long after it was made a signature is taken. */
  public static final Duration LIFETIME = Duration.ofMinutes(5);

  /** How far ahead of ours the clock of a caller may be. */
  public static final Duration AHEAD = Duration.ofSeconds(30);

  /** Of several signatures, the one with this label is looked at. */
  private static final String LABEL = "aegis";

  private static final int MAX_NONCE = 128;
  private static final Set<String> PARAMETERS =
      Set.of("created", "expires", "nonce", "alg", "keyid", "tag");
  private static final Set<String> DERIVED =
      Set.of(
          "@method", "@authority", "@scheme", "@path", "@query", "@target-uri", "@request-target");

  /** What came of reading one. */
  public sealed interface Reading {
    /** The request has none. */
    record Missing() implements Reading {}

    /**
     * It is not taken.
     *
     * @param reason which rule it breaks, for the log alone
     */
    record Unsound(String reason) implements Reading {}

    /** There it is. */
    record Found(RequestSignature signature) implements Reading {}
  }

  /** Reads the signature of {@code head}: the only one, or of several the one called aegis. */
  public static Reading read(RequestHead head, Instant now) {
    String input = head.values("signature-input");
    String signature = head.values("signature");
    if (input == null || signature == null) {
      return input == null && signature == null
          ? new Reading.Missing()
          : new Reading.Unsound("one of Signature and Signature-Input is missing");
    }
    Map<String, Dictionary.InnerList> lists = Dictionary.lists(input);
    Map<String, byte[]> signatures = Dictionary.byteSequences(signature);
    if (lists == null || signatures == null) {
      return new Reading.Unsound("Signature or Signature-Input is not understood");
    }
    String label = lists.size() == 1 ? lists.keySet().iterator().next() : LABEL;
    Dictionary.InnerList covered = lists.get(label);
    byte[] bytes = signatures.get(label);
    if (covered == null || bytes == null) {
      return new Reading.Unsound("no signature has the label that counts");
    }
    String wrong = wrong(covered, head);
    return wrong == null ? dated(covered, bytes, now) : new Reading.Unsound(wrong);
  }

  /** What is wrong with what it covers, or null. */
  private static @Nullable String wrong(Dictionary.InnerList covered, RequestHead head) {
    if (!covered.plain()) {
      return "a component has parameters";
    }
    Set<String> components = new HashSet<>();
    for (String name : covered.items()) {
      if (!(name.startsWith("@") ? DERIVED.contains(name) : isFieldName(name))) {
        return "a component is not known";
      }
      if (!components.add(name)) {
        return "a component is repeated";
      }
    }
    boolean whole = components.contains("@target-uri");
    boolean target =
        whole
            || components.contains("@request-target")
            || components.contains("@path")
                && (head.query().isEmpty() || components.contains("@query"));
    if (!components.contains("@method")
        || !target
        || !(whole || components.contains("@authority"))) {
      return "it does not cover method, authority, path and query";
    }
    if (head.hasBody()
        && (!components.contains(ContentDigest.FIELD) || ContentDigest.sha256(head) == null)) {
      return "it does not cover the body by a sha-256 of Content-Digest";
    }
    return null;
  }

  private static Reading dated(Dictionary.InnerList covered, byte[] bytes, Instant now) {
    Map<String, Object> parameters = covered.parameters();
    if (!PARAMETERS.containsAll(parameters.keySet())) {
      return new Reading.Unsound("a parameter is not known");
    }
    if (!(parameters.get("created") instanceof Long created)
        || !(parameters.get("keyid") instanceof String keyId)) {
      return new Reading.Unsound("created or keyid is missing");
    }
    // The algorithm is the key's; one that is named must be that one (RFC 9421 section 3.2).
    Object algorithm = parameters.getOrDefault("alg", "hmac-sha256");
    Object nonce = parameters.get("nonce");
    Object expires = parameters.getOrDefault("expires", Long.MAX_VALUE);
    if (!algorithm.equals("hmac-sha256")) {
      return new Reading.Unsound("alg is not hmac-sha256");
    }
    if (nonce != null && !(nonce instanceof String text && text.length() <= MAX_NONCE)) {
      return new Reading.Unsound("nonce is not a string of at most 128 characters");
    }
    long second = now.getEpochSecond();
    if (created > second + AHEAD.toSeconds()) {
      return new Reading.Unsound("it was made in the future");
    }
    if (created <= second - LIFETIME.toSeconds()
        || !(expires instanceof Long end)
        || end <= second) {
      return new Reading.Unsound("its time is over");
    }
    return new Reading.Found(
        new RequestSignature(
            covered.items(), covered.text(), keyId, nonce instanceof String s ? s : null, bytes));
  }

  private static boolean isFieldName(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letter = c >= 'a' && c <= 'z' || c >= '0' && c <= '9';
      if (!letter && "!#$%&'*+-.^_`|~".indexOf(c) < 0) {
        return false;
      }
    }
    return !name.isEmpty();
  }

  /**
   * What was signed (RFC 9421 section 2.5), as the caller sent it; null when a field that it covers
   * is not there.
   *
   * @param secure whether the caller spoke over TLS
   */
  public byte @Nullable [] base(RequestHead head, boolean secure) {
    StringBuilder base = new StringBuilder();
    for (String name : components) {
      String value = name.startsWith("@") ? derived(name, head, secure) : head.combined(name);
      if (value == null) {
        return null;
      }
      base.append('"').append(name).append("\": ").append(value).append('\n');
    }
    base.append("\"@signature-params\": ").append(parameters);
    return base.toString().getBytes(StandardCharsets.ISO_8859_1); // as fields were read
  }

  /** RFC 9421 section 2.2. */
  private static @Nullable String derived(String name, RequestHead head, boolean secure) {
    return switch (name) {
      case "@method" -> head.method();
      case "@authority" -> authority(head, secure);
      case "@scheme" -> scheme(secure);
      case "@path" -> head.sentPath();
      case "@query" -> head.query().isEmpty() ? "?" : head.query();
      case "@request-target" -> head.target();
      case "@target-uri" ->
          scheme(secure) + "://" + authority(head, secure) + head.sentPath() + head.query();
      default -> null;
    };
  }

  private static String scheme(boolean secure) {
    return secure ? "https" : "http";
  }

  /** In lower case and without the usual port (RFC 9110 section 4.2.3). */
  private static String authority(RequestHead head, boolean secure) {
    String authority = head.authority().toLowerCase(Locale.ROOT);
    for (String usual : List.of(secure ? ":443" : ":80", ":")) {
      if (authority.endsWith(usual)) {
        return authority.substring(0, authority.length() - usual.length());
      }
    }
    return authority;
  }
}
