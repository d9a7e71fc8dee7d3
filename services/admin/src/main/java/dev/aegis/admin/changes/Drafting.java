package dev.aegis.admin.changes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.catalog.PluginCatalog;
import dev.aegis.admin.tenancy.Documents;
import dev.aegis.admin.tenancy.Hosts;
import dev.aegis.admin.tenancy.MergePatch;
import dev.aegis.admin.tenancy.OwnAddresses;
import dev.aegis.admin.tenancy.References;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Kind;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Finding;
import dev.aegis.model.Ids;
import dev.aegis.model.Uuid7;
import dev.aegis.model.Violation;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Turns an order into what would be written, or into the reason why it cannot be. Looks at one
 * state of the configuration and changes nothing.
 */
public final class Drafting {
  /** Kinds that nothing names, so that an id may be made for them. */
  private static final Set<Kind> NAMELESS =
      EnumSet.of(
          Kind.ROUTE,
          Kind.BINDING,
          Kind.PLUGIN,
          Kind.ISSUER,
          Kind.WEBHOOK,
          Kind.CERTIFICATE,
          Kind.API_KEY,
          Kind.OPERATOR,
          Kind.REVOCATION);

  /** Stands in for an id that is none, so that the rest of the document can still be checked. */
  private static final String NO_ID = "no-id";

  private final Secrets secrets;
  private final Settling settling;
  private final Hosts hosts;
  private final CarriedSecrets carried;
  private final InstantSource clock;

  /**
   * @param masterKey seals secrets
   * @param plugins checks what plugins are told
   * @param hosts decides whose a host is
   * @param own addresses that no upstream may have
   * @param clock for ids that sort by time
   */
  public Drafting(
      MasterKey masterKey,
      PluginCatalog plugins,
      Hosts hosts,
      OwnAddresses own,
      InstantSource clock) {
    this.secrets = new Secrets(masterKey, clock);
    this.settling = new Settling(secrets, hosts, plugins, own, clock);
    this.hosts = hosts;
    this.carried = new CarriedSecrets(masterKey);
    this.clock = clock;
  }

  /** The same checks for many objects at once. */
  BatchDrafting batches() {
    return new BatchDrafting(settling, hosts, carried, clock);
  }

  Draft draft(Fold fold, Order order) {
    String tenant = order.tenant();
    if (tenant != null && !fold.tenants().contains(tenant)) {
      return impossible(Refusal.Reason.NOT_FOUND, "There is no tenant \"" + tenant + "\"");
    }
    return switch (order.wish()) {
      case Wish.Create(ObjectNode sent) -> create(fold, order, sent);
      case Wish.Replace(ObjectNode sent) -> replace(fold, order, sent);
      case Wish.Merge(ObjectNode patch) -> merge(fold, order, patch);
      case Wish.RotateSecret() -> rotate(fold, order);
      case Wish.RotateKey(Duration overlap) -> rotateKey(fold, order, overlap);
      case Wish.Remove() -> remove(fold, order);
    };
  }

  private Draft create(Fold fold, Order order, ObjectNode sent) {
    ObjectNode document = Documents.withoutReadOnly(sent);
    if (document.path("id").isMissingNode() && NAMELESS.contains(order.kind())) {
      document.put("id", Documents.noun(order.kind()) + "-" + Uuid7.next(clock));
    } else if (order.kind() == Kind.OPERATOR
        && !Mandate.mayName(fold, order.operator(), document.path("id").asText())) {
      return new Draft.Impossible(
          Refusal.invalid(
              List.of(
                  new Violation(
                      "/id", "must begin with the id of a tenant that you administer and a dot"))));
    }
    ObjectKey key = key(order, document.path("id").asText());
    if (key != null && fold.find(key) != null) {
      return impossible(Refusal.Reason.ALREADY_EXISTS, key + " exists already");
    }
    return complete(fold, order, key, null, document);
  }

  private Draft replace(Fold fold, Order order, ObjectNode sent) {
    ObjectNode document = Documents.withoutReadOnly(sent);
    String id = String.valueOf(order.id());
    JsonNode named = document.get("id");
    if (named == null || named.isNull()) {
      document.put("id", id);
    }
    ObjectKey key = key(order, id);
    Entry current = key == null ? null : fold.find(key);
    if (current == null
        ? order.kind() == Kind.OPERATOR && !Mandate.mayName(fold, order.operator(), id)
        : !Mandate.sees(fold, order.operator(), current)) {
      return impossible(Refusal.Reason.NOT_FOUND, "There is no " + name(order, id));
    }
    Refusal guarded = order.guard().check(name(order, id), current);
    return guarded == null
        ? complete(fold, order, key, current, document)
        : new Draft.Impossible(guarded);
  }

  private Draft merge(Fold fold, Order order, ObjectNode patch) {
    return existing(
        fold,
        order,
        (key, current) ->
            complete(
                fold,
                order,
                key,
                current,
                MergePatch.apply(
                    Documents.shown(key.kind(), current.body()),
                    Documents.withoutReadOnly(patch))));
  }

  private Draft rotate(Fold fold, Order order) {
    return existing(
        fold,
        order,
        (key, current) -> {
          ObjectNode document = current.body().deepCopy();
          String secret = secrets.renew(key, document);
          return new Draft.Ready(key, current, document, secret, List.of());
        });
  }

  private Draft rotateKey(Fold fold, Order order, Duration overlap) {
    return existing(
        fold,
        order,
        (key, current) -> {
          ObjectNode document = current.body().deepCopy();
          String secret = secrets.rotate(key, document, overlap);
          return new Draft.Ready(key, current, document, secret, List.of());
        });
  }

  private Draft remove(Fold fold, Order order) {
    return existing(
        fold,
        order,
        (key, current) -> {
          Refusal held = Mandate.removal(order.operator(), current);
          if (held != null) {
            return new Draft.Impossible(held);
          }
          List<String> users = References.users(fold, key);
          return users.isEmpty()
              ? new Draft.Ready(key, current, null, null, List.of())
              : impossible(Refusal.Reason.IN_USE, key + " is used by " + String.join(", ", users));
        });
  }

  private interface OnExisting {
    Draft draft(ObjectKey key, Entry current);
  }

  private static Draft existing(Fold fold, Order order, OnExisting then) {
    String id = String.valueOf(order.id());
    ObjectKey key = key(order, id);
    Entry current = key == null ? null : fold.find(key);
    if (key == null || current == null || !Mandate.sees(fold, order.operator(), current)) {
      return impossible(Refusal.Reason.NOT_FOUND, "There is no " + name(order, id));
    }
    Refusal guarded = order.guard().check(key.toString(), current);
    return guarded == null ? then.draft(key, current) : new Draft.Impossible(guarded);
  }

  /** Checks a whole document, and everything about it at once. */
  private Draft complete(
      Fold fold,
      Order order,
      @Nullable ObjectKey named,
      @Nullable Entry current,
      ObjectNode document) {
    Kind kind = order.kind();
    ObjectKey key = named == null ? place(order, NO_ID) : named;
    List<Violation> violations = new ArrayList<>();
    String id = order.id();
    if (id != null && !document.path("id").asText().equals(id)) {
      violations.add(new Violation("/id", "must be \"" + id + "\" as in the path"));
      document.put("id", id);
    }
    CarriedSecrets.refuse(key, document, violations);
    Settling.Settled settled = settling.settle(key, current, document, violations);
    settling.refer(
        fold, settled, settling.beyond(fold, order.operator(), key, current, settled.document()));
    if (!violations.isEmpty()) {
      return new Draft.Impossible(Refusal.invalid(violations));
    }
    Refusal full = current == null ? full(fold, order, key) : null;
    if (full != null) {
      return new Draft.Impossible(full);
    }
    if (kind == Kind.TENANT) {
      String conflict = hosts.conflict(fold, key.id(), current, settled.document());
      if (conflict != null) {
        return impossible(
            Refusal.Reason.HOST_CONFLICT,
            order.operator().bound() ? "A host is one of another tenant" : conflict);
      }
    }
    List<Finding> findings = new ArrayList<>(settled.findings());
    findings.addAll(hosts.findings(fold, key, settled.document()));
    return new Draft.Ready(key, current, settled.document(), settled.revealed(), findings);
  }

  private @Nullable Refusal full(Fold fold, Order order, ObjectKey key) {
    Refusal full = Mandate.room(fold, order.operator(), key);
    return full == null ? Bounds.check(fold, key, clock.instant()) : full;
  }

  private static @Nullable ObjectKey key(Order order, String id) {
    boolean valid = order.kind() == Kind.TENANT ? Ids.isTenant(id) : Ids.isObject(id);
    return valid ? place(order, id) : null;
  }

  private static ObjectKey place(Order order, String id) {
    return order.kind() == Kind.TENANT
        ? ObjectKey.tenant(id)
        : new ObjectKey(order.kind(), order.tenant(), id);
  }

  private static String name(Order order, String id) {
    return Documents.noun(order.kind()) + " \"" + id + "\"";
  }

  private static Draft impossible(Refusal.Reason reason, String detail) {
    return new Draft.Impossible(Refusal.of(reason, detail));
  }
}
