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
 * @param destination where its requests go
 * @param methods upper-case methods that match; empty for all
 * @param headers header name, in lower case, to the exact value that must be there
 * @param hosts hosts of the tenant that match, lower case; empty for all
 * @param auth what a caller must show
 * @param reportOnly whether what roles forbid is let pass, and only counted
 * @param arbitration who is asked too whether requests may pass, as far as it says
 * @param stripPrefix literal prefix taken off the path before it goes to the upstream, or null
 * @param rewrite what else becomes of the path
 * @param stripCredentials whether {@code Authorization}, {@code X-API-Key} and signatures stay here
 * @param requestHeaders what is changed about the header that an upstream gets
 * @param replyHeaders what is changed about the header of an upstream's reply
 * @param cors which pages of other origins may use it, null when that is left to the upstream
 * @param mirror who gets a copy of its requests, null for nobody
 * @param compression which replies are compressed, null for none
 * @param caching which replies are kept for further callers, null for none
 * @param caps most bytes of bodies
 * @param maintenance what callers are told instead of being served, null when they are served
 * @param priority the higher wins when several routes match; then the more specific path
 */
public record RouteDefinition(
    String id,
    List<String> paths,
    Destination destination,
    Set<String> methods,
    Map<String, String> headers,
    List<String> hosts,
    Auth auth,
    boolean reportOnly,
    Arbitration arbitration,
    @Nullable String stripPrefix,
    Rewrite rewrite,
    boolean stripCredentials,
    HeaderEdits requestHeaders,
    HeaderEdits replyHeaders,
    @Nullable Cors cors,
    @Nullable Mirror mirror,
    @Nullable Compression compression,
    @Nullable Caching caching,
    Caps caps,
    @Nullable Maintenance maintenance,
    int priority)
    implements Definition {

  /** What a caller must show. */
  public enum Auth {
    /** A token of an issuer that the tenant trusts. */
    JWT,
    /** An API key of the tenant. */
    API_KEY,
    /** A token or an API key. */
    ANY,
    /** A signature of the request (RFC 9421) by an API key of the tenant that signs. */
    SIGNATURE,
    /** A certificate in the TLS handshake, of an authority that the host's certificate names. */
    CLIENT_CERTIFICATE,
    /** What the route's plugins know. */
    PLUGIN,
    /** Nothing. */
    NONE
  }

  /**
   * Most bytes of bodies, framing not counted.
   *
   * @param request of a caller's
   * @param reply of an upstream's
   */
  public record Caps(long request, long reply) {
    /** No bound. */
    public static final Caps NONE = new Caps(Long.MAX_VALUE, Long.MAX_VALUE);

    private static final long MOST = 1L << 50;

    static Caps read(Fields fields) {
      return new Caps(
          fields.number("max_request_bytes", Long.MAX_VALUE, 0, MOST),
          fields.number("max_response_bytes", Long.MAX_VALUE, 0, MOST));
    }
  }

  static RouteDefinition read(String id, Fields fields) {
    List<String> paths = PathPattern.read(fields, "paths");
    Destination destination = Destination.read(fields);
    Set<String> methods = Methods.read(fields, "methods");
    Map<String, String> headers = new LinkedHashMap<>();
    fields
        .textMap("headers")
        .forEach((name, value) -> headers.put(name.toLowerCase(Locale.ROOT), value));
    String auth =
        fields.oneOf(
            "auth",
            "jwt",
            List.of("jwt", "api_key", "any", "signature", "client_certificate", "plugin", "none"));
    String authorization = fields.oneOf("authorization", "enforce", List.of("enforce", "report"));
    if (auth.equals("none") && authorization.equals("report")) {
      fields.reject("authorization", "means nothing beside \"auth\": \"none\": nobody has roles");
    }
    String stripPrefix = fields.optionalText("strip_prefix");
    if (stripPrefix != null
        && (PathPattern.violation(stripPrefix) != null
            || stripPrefix.contains("*")
            || stripPrefix.endsWith("/"))) {
      fields.reject("strip_prefix", "must be a literal path such as /api, not ending in '/'");
    }
    for (String later : List.of("limits", "plugins")) {
      fields.unavailable(later);
    }
    boolean down = !fields.absent("maintenance");
    Maintenance maintenance = down ? fields.object("maintenance", Maintenance::read) : null;
    if (!down) {
      fields.knows("maintenance");
    }
    HeaderEdits replyHeaders = HeaderEdits.read(fields, "response_headers");
    boolean shared = !fields.absent("cors");
    Cors cors = shared ? fields.object("cors", Cors::read) : null;
    if (!shared) {
      fields.knows("cors");
    } else if (replyHeaders.names("access-control-")) {
      fields.reject("response_headers", "must leave Access-Control- fields to \"cors\"");
    }
    boolean copied = !fields.absent("mirror");
    Mirror mirror = copied ? fields.object("mirror", Mirror::read) : null;
    if (!copied) {
      fields.knows("mirror");
    }
    boolean squeezes = !fields.absent("compression");
    Compression compression = squeezes ? fields.object("compression", Compression::read) : null;
    if (!squeezes) {
      fields.knows("compression");
    }
    boolean keeps = !fields.absent("cache");
    Caching caching = keeps ? fields.object("cache", Caching::read) : null;
    if (!keeps) {
      fields.knows("cache");
    }
    HeaderEdits requestHeaders = HeaderEdits.read(fields, "request_headers");
    Arbitration arbitration = Arbitration.ofRoute(fields);
    if (arbitration instanceof Arbitration.By(Arbiter arbiter, boolean descendants)) {
      check(fields, arbiter, requestHeaders, keeps);
      if (destination instanceof Destination.Redirect && !arbiter.replyHeaders().isEmpty()) {
        fields.reject(
            "external_authorization",
            "cannot have response_headers beside \"redirect\": no upstream is asked");
      }
    }
    if (destination instanceof Destination.Redirect) {
      for (String ofUpstreams :
          List.of(
              "request_headers",
              "response_headers",
              "mirror",
              "compression",
              "cache",
              "max_request_bytes",
              "max_response_bytes")) {
        if (!fields.absent(ofUpstreams)) {
          fields.reject(ofUpstreams, "means nothing beside \"redirect\": no upstream is asked");
        }
      }
    }
    return new RouteDefinition(
        id,
        paths,
        destination,
        methods,
        Map.copyOf(headers),
        fields.texts("hosts").stream().map(host -> host.toLowerCase(Locale.ROOT)).toList(),
        Auth.valueOf(auth.toUpperCase(Locale.ROOT)),
        authorization.equals("report"),
        arbitration,
        stripPrefix,
        Rewrite.read(fields, paths),
        fields.flag("strip_credentials", false),
        requestHeaders,
        replyHeaders,
        cors,
        mirror,
        compression,
        caching,
        Caps.read(fields),
        maintenance,
        (int) fields.number("priority", 0, -1_000_000, 1_000_000));
  }

  /** What an arbiter says belongs to one request: neither the route nor the cache may mix it up. */
  private static void check(
      Fields fields, Arbiter arbiter, HeaderEdits requestHeaders, boolean keeps) {
    for (String name : arbiter.replyHeaders()) {
      if (requestHeaders.has(name)) {
        fields.reject("request_headers", "must leave \"" + name + "\" to the external service");
      }
    }
    if (keeps && !arbiter.replyHeaders().isEmpty()) {
      fields.reject(
          "cache",
          "cannot stand beside response_headers of external_authorization: what backends are told"
              + " by them differs from caller to caller");
    }
  }
}
