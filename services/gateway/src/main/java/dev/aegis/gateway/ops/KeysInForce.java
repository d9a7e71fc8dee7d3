package dev.aegis.gateway.ops;

import dev.aegis.bus.JournalReader;
import dev.aegis.gateway.identity.KeyUse;
import dev.aegis.gateway.snapshot.Snapshot;
import dev.aegis.gateway.store.LastUses;
import dev.aegis.journal.ObjectKey;
import java.util.function.Supplier;

/** The API keys of the snapshot in force; whether one is gone, only the journal can say. */
public record KeysInForce(Supplier<Snapshot> applied, JournalReader journal)
    implements LastUses.Keys {
  @Override
  public Iterable<KeyUse> uses() {
    return () ->
        applied.get().tenants().values().stream()
            .flatMap(tenant -> tenant.keys().uses())
            .iterator();
  }

  @Override
  public boolean current() {
    return journal.current();
  }

  @Override
  public boolean exists(ObjectKey key) {
    return journal.read(fold -> fold.find(key) != null);
  }
}
