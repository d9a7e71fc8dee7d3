package dev.aegis.gateway.upstream;

/** Tells upstreams where the healthy instances of a service are, and goes on telling. */
public interface Discovery extends AutoCloseable {
  /** Keeps the targets of {@code upstream} those of {@code service}, from now on. */
  void follow(String service, Upstream upstream);

  /** Ends what {@link #follow} began. */
  void unfollow(String service, Upstream upstream);

  /** Whether the registry answered when it was last asked. */
  boolean connected();

  @Override
  void close();
}
