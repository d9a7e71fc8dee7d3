package dev.aegis.plugins;

import java.util.concurrent.atomic.AtomicLong;

/** Keeps what filters count for their tenants, where metrics are read. */
public interface Measures {
  /** Keeps it for the filter alone. */
  Measures NONE =
      new Measures() {
        @Override
        public AtomicLong cell(Owner owner, boolean counts, String name) {
          return new AtomicLong();
        }

        @Override
        public void left(Owner owner) {}
      };

  /**
   * Where one number of an owner's is kept, the same for the same name.
   *
   * @param counts whether it only grows
   * @param name of {@code [a-zA-Z0-9_.]}, 64 characters at most
   */
  AtomicLong cell(Owner owner, boolean counts, String name);

  /** One filter that asked for cells of {@code owner} has none any more. */
  void left(Owner owner);
}
