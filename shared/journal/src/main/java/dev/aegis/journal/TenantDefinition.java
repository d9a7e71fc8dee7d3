package dev.aegis.journal;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A customer of the installation: whose requests, and under which hosts.
 *
 * @param id DNS label; also the first label of its host below the base domain
 * @param name for people
 * @param kind its place in the tree
 * @param parent id of the tenant above, or null
 * @param hosts own host names beside {@code <id>.<base domain>}, lower case, without port
 * @param isolation how far ancestors reach in
 * @param tier name of the service level, free text
 * @param status whether its requests are served
 * @param mostActive requests that it may have under way at once in one gateway
 * @param arbitration who is asked whether requests may pass, of those routes that do not say
 * @param slugs where its paths have the slug that tokens can be held to
 * @param labels free text for people and programs
 */
public record TenantDefinition(
    String id,
    String name,
    TenantKind kind,
    @Nullable String parent,
    List<String> hosts,
    Isolation isolation,
    String tier,
    Status status,
    int mostActive,
    Arbitration arbitration,
    SlugPattern slugs,
    Map<String, String> labels)
    implements Definition {

  /** Levels of the tree, from the root. */
  public enum TenantKind {
    ENTERPRISE,
    ORGANIZATION,
    TEAM,
    USER;

    /** Whether a tenant of this kind may stand directly below one of kind {@code parent}. */
    public boolean mayBeBelow(TenantKind parent) {
      return switch (this) {
        case ENTERPRISE -> false;
        case ORGANIZATION, TEAM -> compareTo(parent) >= 0; // these stand below their own kind too
        case USER -> parent != USER;
      };
    }
  }

  /** How far a tenant is closed to its ancestors. */
  public enum Isolation {
    /** Nothing of theirs but what they define for all: roles and plugins. */
    STRICT,
    /** What they have can be used, and their tokens are let in. */
    SHARED,
    /** As they say for each upstream and role. */
    HYBRID;

    /** The stricter of two. */
    Isolation and(Isolation other) {
      if (this == STRICT || other == STRICT) {
        return STRICT;
      }
      return this == HYBRID ? HYBRID : other;
    }
  }

  /** Why a tenant of one kind is not below one of another, in a sentence. */
  public static String misplaced(TenantKind kind, TenantKind parent) {
    return "a tenant of kind "
        + kind.name().toLowerCase(Locale.ROOT)
        + " cannot be below one of kind "
        + parent.name().toLowerCase(Locale.ROOT);
  }

  /** Whether a tenant is served. */
  public enum Status {
    ACTIVE,
    SUSPENDED
  }

  /** No bound of its own: the gateway's is lower. */
  private static final int MOST_ACTIVE = 1_000_000;

  private static final Pattern HOST =
      Pattern.compile(
          "(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*");

  /** Whether {@code text} is a lower-case host name without a port. */
  static boolean isHost(String text) {
    return HOST.matcher(text).matches();
  }

  static TenantDefinition read(String id, Fields fields) {
    String name = fields.text("name");
    String kind =
        fields.oneOf("kind", "organization", List.of("enterprise", "organization", "team", "user"));
    String parent = fields.optionalText("parent");
    List<String> hosts = fields.texts("hosts");
    for (String host : hosts) {
      if (!isHost(host)) {
        fields.reject("hosts", "\"" + host + "\" is not a lower-case host name without a port");
      }
    }
    fields.object(Guardrails.MEMBER, Guardrails::read); // which the admin service goes by
    if (id.equals(parent)) {
      fields.reject("parent", "must be another tenant");
    }
    return new TenantDefinition(
        id,
        name,
        TenantKind.valueOf(kind.toUpperCase(Locale.ROOT)),
        parent,
        hosts,
        Isolation.valueOf(
            fields
                .oneOf("isolation", "strict", List.of("strict", "shared", "hybrid"))
                .toUpperCase(Locale.ROOT)),
        fields.textOr("tier", "free"),
        Status.valueOf(
            fields
                .oneOf("status", "active", List.of("active", "suspended"))
                .toUpperCase(Locale.ROOT)),
        (int) fields.number("max_active", MOST_ACTIVE, 1, MOST_ACTIVE),
        Arbitration.ofTenant(fields),
        slugs(fields),
        fields.textMap("labels"));
  }

  private static SlugPattern slugs(Fields fields) {
    String text = fields.textOr("slug_pattern", SlugPattern.DEFAULT.text());
    try {
      return SlugPattern.parse(text);
    } catch (IllegalArgumentException e) {
      fields.reject("slug_pattern", String.valueOf(e.getMessage()));
      return SlugPattern.DEFAULT;
    }
  }
}
