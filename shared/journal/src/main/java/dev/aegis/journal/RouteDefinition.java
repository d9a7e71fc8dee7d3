package dev.aegis.journal;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which requests of a tenant go to which upstream, and what their callers must show.
 *
 * @param id unique within the tenant
 * @param paths patterns of which one must match, see {@link PathPattern}
 * @param upstream id of the upstream that serves it
 * @param methods upper-case methods that match; empty for all
 * @param headers header name, in lower case, to the exact value that must be there
 * @param hosts hosts of the tenant that match, lower case; empty for all
 * @param auth what a caller must show
 * @param stripPrefix literal prefix taken off the path before it goes to the upstream, or null
 * @param stripCredentials whether {@code Authorization} and {@code X-API-Key} stay here
 * @param priority the higher wins when several routes match; then the more specific path
 */
public record RouteDefinition(
    String id,
    List<String> paths,
    String upstream,
    Set<String> methods,
    Map<String, String> headers,
    List<String> hosts,
    Auth auth,
    @Nullable String stripPrefix,
    boolean stripCredentials,
    int priority)
    implements Definition {

  /** What a caller must show. */
  public enum Auth {
    /** A token of an issuer that the tenant trusts. */
    JWT,
    /** A certificate in the TLS handshake, of an authority that the host's certificate names. */
    CLIENT_CERTIFICATE,
    /** Nothing. */
    NONE
  }

  static RouteDefinition read(String id, Fields fields) {
    List<String> paths = PathPattern.read(fields, "paths");
    String upstream = fields.text("upstream");
    Set<String> methods = Methods.read(fields, "methods");
    Map<String, String> headers = new LinkedHashMap<>();
    fields
        .textMap("headers")
        .forEach((name, value) -> headers.put(name.toLowerCase(Locale.ROOT), value));
    String auth = fields.oneOf("auth", "jwt", List.of("jwt", "client_certificate", "none"));
    String stripPrefix = fields.optionalText("strip_prefix");
    if (stripPrefix != null
        && (PathPattern.violation(stripPrefix) != null
            || stripPrefix.contains("*")
            || stripPrefix.endsWith("/"))) {
      fields.reject("strip_prefix", "must be a literal path such as /api, not ending in '/'");
    }
    for (String later : List.of("rewrite", "limits", "plugins", "split", "mirror")) {
      fields.unavailable(later);
    }
    return new RouteDefinition(
        id,
        paths,
        upstream,
        methods,
        Map.copyOf(headers),
        fields.texts("hosts").stream().map(host -> host.toLowerCase(Locale.ROOT)).toList(),
        Auth.valueOf(auth.toUpperCase(Locale.ROOT)),
        stripPrefix,
        fields.flag("strip_credentials", false),
        (int) fields.number("priority", 0, -1_000_000, 1_000_000));
  }
}
