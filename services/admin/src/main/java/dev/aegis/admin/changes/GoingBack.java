package dev.aegis.admin.changes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.changes.Restoration.Step;
import dev.aegis.admin.changes.Restoration.Target;
import dev.aegis.admin.changes.Restoration.Withheld;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the way back to a configuration of the past.
 *
 * <p>Nothing that was taken from somebody is given back with it: a revoked API key stays revoked, a
 * key has the secrets and the end that it has now, no revocation goes, and who may administer what
 * stays as it is. A tenant that comes back brings all revocations that held in it when it went.
 */
final class GoingBack {
  private static final String OPERATORS_STAY = "operators stay as they are";

  private final Fold now;
  private final Target target;
  private final Scope scope;
  private final List<Step> steps = new ArrayList<>();
  private final List<Withheld> withheld = new ArrayList<>();

  GoingBack(Fold now, Target target, Scope scope) {
    this.now = now;
    this.target = target;
    this.scope = scope;
  }

  Restoration way() {
    target.objects().forEach(this::put);
    target.credentials().forEach(this::bringRevocation);
    for (Kind kind : Kind.values()) {
      if (kind != Kind.TENANT) {
        now.list(kind, null).forEach(this::remove);
      }
      for (String tenant : now.tenants()) {
        now.list(kind, tenant).forEach(this::remove);
      }
    }
    return new Restoration(StepOrder.of(steps), withheld);
  }

  private void put(ObjectKey key, ObjectNode then) {
    if (!scope.holds(key)) {
      return;
    }
    switch (key.kind()) {
      case TENANT, UPSTREAM, ROUTE, ISSUER, ROLE, BINDING, PLUGIN, WEBHOOK, CERTIFICATE ->
          step(key, then);
      case API_KEY -> {
        ObjectNode latest = target.credentials().get(key);
        if (latest == null) {
          withheld.add(new Withheld(key, "it was revoked since, and stays so"));
          return;
        }
        ObjectNode settled = withSecrets(then, latest);
        if (!settled.equals(then)) {
          withheld.add(new Withheld(key, "its secrets and its end stay what they became since"));
        }
        step(key, settled);
      }
      case OPERATOR -> {
        Entry current = now.find(key);
        if (current == null || !current.body().equals(then)) {
          withheld.add(new Withheld(key, OPERATORS_STAY));
        }
      }
      case REVOCATION -> {
        if (!target.credentials().containsKey(key)) {
          withheld.add(new Withheld(key, "it was lifted since, and stays so"));
        }
      }
    }
  }

  /** One that nobody lifted: it went with its tenant, and comes with it. */
  private void bringRevocation(ObjectKey key, ObjectNode latest) {
    if (key.kind() == Kind.REVOCATION
        && scope.holds(key)
        && now.find(key) == null
        && target.objects().containsKey(ObjectKey.tenant(String.valueOf(key.tenant())))) {
      step(key, latest);
    }
  }

  private void remove(Entry entry) {
    ObjectKey key = entry.key();
    if (!scope.holds(key) || target.objects().containsKey(key)) {
      return;
    }
    String tenant = key.tenant();
    boolean goesAnyway =
        key.kind() != Kind.TENANT
            && tenant != null
            && scope instanceof Scope.Everything
            && !target.objects().containsKey(ObjectKey.tenant(tenant));
    if (goesAnyway) {
      return;
    }
    if (key.kind() == Kind.REVOCATION) {
      withheld.add(new Withheld(key, "a revocation is not lifted by going back"));
    } else if (key.kind() == Kind.OPERATOR) {
      withheld.add(new Withheld(key, OPERATORS_STAY));
    } else {
      steps.add(new Step(key, entry, null));
    }
  }

  private void step(ObjectKey key, ObjectNode after) {
    Step step = new Step(key, now.find(key), after);
    if (!step.isNone()) {
      steps.add(step);
    }
  }

  /** The key of then with the secrets of its latest form, and whichever end comes first. */
  private static ObjectNode withSecrets(ObjectNode then, ObjectNode latest) {
    ObjectNode key = then.deepCopy();
    for (String member : List.of("secrets", "hashes", "signing")) {
      JsonNode value = latest.get(member);
      if (value != null && !value.equals(then.get(member))) {
        key.set(member, value.deepCopy());
      }
    }
    Instant end = end(then);
    Instant latestEnd = end(latest);
    if (latestEnd != null && (end == null || latestEnd.isBefore(end))) {
      key.set("expires_at", latest.path("expires_at").deepCopy());
    }
    return key;
  }

  /** When a key ends, null for never; what cannot be understood has ended. */
  private static @Nullable Instant end(ObjectNode key) {
    JsonNode end = key.path("expires_at");
    if (end.isMissingNode() || end.isNull()) {
      return null;
    }
    try {
      return OffsetDateTime.parse(end.asText()).toInstant();
    } catch (DateTimeParseException e) {
      return Instant.MIN;
    }
  }
}
