package dev.aegis.admin.tenancy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Guardrails;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.SealedMember;
import dev.aegis.journal.SlugPattern;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The forms of one object's document: as an operator sends it, as the journal keeps it, and as a
 * reply shows it.
 *
 * <p>Defaults are written down when a document is published, so that a later version with other
 * defaults does not change what is already in force, and a reply shows everything that holds.
 */
public final class Documents {
  /** Members that replies add. They may come back in a request, where they mean nothing. */
  static final Set<String> READ_ONLY =
      Set.of("revision", "created_at", "updated_at", "last_used_at", "applied");

  private Documents() {}

  /** A copy of {@code sent} without the members that only replies have. */
  public static ObjectNode withoutReadOnly(ObjectNode sent) {
    return sent.deepCopy().without(READ_ONLY);
  }

  /**
   * The document as the journal keeps it: {@code id} first, then what was sent, then each default
   * that was not said. A null member counts as not said.
   */
  public static ObjectNode complete(Kind kind, String id, ObjectNode sent) {
    ObjectNode document = Json.object().put("id", id);
    for (Map.Entry<String, JsonNode> member : sent.properties()) {
      if (!member.getKey().equals("id") && !member.getValue().isNull()) {
        document.set(member.getKey(), member.getValue().deepCopy());
      }
    }
    switch (kind) {
      case TENANT -> {
        text(document, "kind", "organization");
        optional(document, "parent");
        array(document, "hosts");
        text(document, "isolation", "strict");
        text(document, "tier", "free");
        text(document, "status", "active");
        text(document, "slug_pattern", SlugPattern.DEFAULT.text());
        optional(document, "max_active");
        optional(document, Guardrails.MEMBER);
        object(document, "labels");
      }
      case UPSTREAM -> {
        for (JsonNode target : document.path("targets")) {
          if (target instanceof ObjectNode object) {
            number(object, "weight", 1);
          }
        }
        if (document.path("tls") instanceof ObjectNode tls) {
          flag(tls, "verify", true);
        }
        text(document, "load_balancing", "round_robin");
        if (object(document, "timeouts") instanceof ObjectNode timeouts) {
          number(timeouts, "connect_ms", 2_000);
          number(timeouts, "idle_ms", 60_000);
        }
      }
      case ROUTE -> {
        for (JsonNode share : document.path("split")) {
          if (share instanceof ObjectNode object) {
            number(object, "weight", 1);
          }
        }
        array(document, "methods");
        object(document, "headers");
        array(document, "hosts");
        text(document, "auth", "jwt");
        text(document, "authorization", "enforce");
        optional(document, "strip_prefix");
        flag(document, "strip_credentials", false);
        number(document, "priority", 0);
      }
      case ISSUER -> {
        optional(document, "audience");
        number(document, "leeway_seconds", 0);
        text(document, "certificate_bound", "optional");
        if (document.path("introspection") instanceof ObjectNode introspection) {
          number(introspection, "cache_s", 30);
          number(introspection, "negative_cache_s", 10);
          number(introspection, "timeout_ms", 2_000);
        }
        if (object(document, "claims") instanceof ObjectNode claims) {
          text(claims, "subject", "sub");
          text(claims, "tenant_id", "tenant_id");
          text(claims, "role_ids", "role_ids");
          text(claims, "groups", "groups");
          text(claims, "pathname_slugs", "pathname_slugs");
        }
      }
      case ROLE -> {
        for (JsonNode permission : document.path("permissions")) {
          if (permission instanceof ObjectNode object) {
            array(object, "methods");
            text(object, "effect", "allow");
            array(object, "when");
            object(object, "where");
          }
        }
        array(document, "inherits");
      }
      case BINDING -> {
        optional(document, "subject");
        optional(document, "group");
      }
      case PLUGIN -> {
        flag(document, "enabled", true);
        number(document, "order", 100);
        optional(document, "route");
        optional(document, "upstream");
        object(document, "config");
      }
      case WEBHOOK -> flag(document, "enabled", true);
      case API_KEY -> {
        array(document, "roles");
        flag(document, "signing", false);
        optional(document, "expires_at");
      }
      case OPERATOR -> {
        optional(document, "tenant");
        flag(document, "enabled", true);
        optional(document, "expires_at");
      }
      case REVOCATION -> optional(document, "expires_at");
      case CERTIFICATE -> {
        optional(document, "client_ca");
        text(document, "client_auth", "none");
        array(document, "client_roles");
      }
    }
    return document;
  }

  /** The object as a reply shows it: without its secrets, with its revision and times. */
  public static ObjectNode shown(Entry entry) {
    return dated(entry, shown(entry.key().kind(), entry.body()));
  }

  /** The document with the revision and times of the object. */
  public static ObjectNode dated(Entry entry, ObjectNode document) {
    document.put("revision", entry.revision());
    document.put("created_at", entry.createdAt().toString());
    document.put("updated_at", entry.updatedAt().toString());
    return document;
  }

  /** A document without its secrets. */
  public static ObjectNode shown(Kind kind, ObjectNode document) {
    ObjectNode shown = document.deepCopy();
    for (String secret : kind.secrets()) {
      int at = secret.lastIndexOf('/');
      JsonNode owner = at < 0 ? shown : shown.at("/" + secret.substring(0, at));
      if (owner instanceof ObjectNode object) {
        object.remove(secret.substring(at + 1));
      }
    }
    if (kind == Kind.PLUGIN && shown.path("config") instanceof ObjectNode config) {
      shown.set("config", SealedMember.without(config));
    }
    return shown;
  }

  /** What one object of the kind is called in a sentence. */
  public static String noun(Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  private static boolean missing(ObjectNode document, String name) {
    JsonNode value = document.get(name);
    return value == null || value.isNull();
  }

  private static void text(ObjectNode document, String name, String otherwise) {
    if (missing(document, name)) {
      document.put(name, otherwise);
    }
  }

  private static void number(ObjectNode document, String name, int otherwise) {
    if (missing(document, name)) {
      document.put(name, otherwise);
    }
  }

  private static void flag(ObjectNode document, String name, boolean otherwise) {
    if (missing(document, name)) {
      document.put(name, otherwise);
    }
  }

  private static void array(ObjectNode document, String name) {
    if (missing(document, name)) {
      document.putArray(name);
    }
  }

  private static void optional(ObjectNode document, String name) {
    if (missing(document, name)) {
      document.putNull(name);
    }
  }

  private static JsonNode object(ObjectNode document, String name) {
    if (missing(document, name)) {
      return document.putObject(name);
    }
    return document.path(name);
  }
}
