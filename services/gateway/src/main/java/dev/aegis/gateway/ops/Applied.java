package dev.aegis.gateway.ops;

import dev.aegis.bus.JournalReader;
import dev.aegis.gateway.snapshot.Compiler;
import dev.aegis.gateway.snapshot.Snapshot;
import dev.aegis.journal.Fold;
import dev.aegis.journal.ObjectKey;
import java.time.InstantSource;
import java.util.Set;
import java.util.function.Supplier;

/** The snapshot in force: replaced as a whole whenever the fold moves on. */
public final class Applied implements JournalReader.Listener, Supplier<Snapshot> {
  private final Compiler compiler;
  private volatile Snapshot current;
  private volatile Runnable changed = () -> {};

  /** Nothing is in force yet. */
  public Applied(Compiler compiler, String baseDomain, InstantSource clock) {
    this.compiler = compiler;
    this.current = Snapshot.empty(baseDomain, clock.instant());
  }

  @Override
  public void folded(Fold fold, Set<ObjectKey> keys, boolean everything) {
    current = compiler.compile(fold, keys, everything);
    changed.run();
  }

  @Override
  public Snapshot get() {
    return current;
  }

  /** Whether some configuration, the empty one included, was read since the start. */
  public boolean known() {
    return current.revision() >= 0;
  }

  /** Calls {@code listener} after each change, on the thread that made it. */
  void onChange(Runnable listener) {
    changed = listener;
  }
}
