package dev.aegis.gateway.upstream;

import dev.aegis.journal.TargetSource;

/**
 * Tells upstreams which targets a source has, and goes on telling.
 *
 * @param <S> the kind of source that it can ask
 */
public interface Discovery<S extends TargetSource> extends AutoCloseable {
  /**
   * Keeps the targets of {@code upstream} those of {@code source}, from now on. Until the source is
   * known for the first time the upstream keeps those that it has.
   */
  void follow(S source, Upstream upstream);

  /** Ends what {@link #follow} began. */
  void unfollow(S source, Upstream upstream);

  @Override
  void close();
}
