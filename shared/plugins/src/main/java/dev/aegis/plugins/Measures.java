package dev.aegis.plugins;

import java.util.concurrent.atomic.AtomicLong;

/** Keeps what filters count for their tenants, where metrics are read. */
public interface Measures {
  /** Keeps it for the filter alone. */
  Measures NONE =
      new Measures() {
        @Override
        public void came(Owner owner) {}

        @Override
        public AtomicLong cell(Owner owner, boolean counts, String name) {
          return new AtomicLong();
        }

        @Override
        public void left(Owner owner) {}
      };

  /** One more filter of {@code owner} may ask for cells. */
  void came(Owner owner);

  /**
   * Where one number of an owner's is kept, the same for the same name.
   *
   * @param counts whether it only grows
   * @param name of {@code [a-zA-Z0-9_.]}, 64 characters at most
   */
  AtomicLong cell(Owner owner, boolean counts, String name);

  /** One filter less of {@code owner} does. */
  void left(Owner owner);
}
