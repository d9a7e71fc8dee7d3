package dev.aegis.chassis;

import java.util.List;

/** One of the four processes, put together and ready to start. */
public interface Service extends AutoCloseable {
  /** {@code gateway}, {@code admin}, {@code analytics} or {@code webhook-dispatcher}. */
  String name();

  /**
   * Starts, and returns when it listens.
   *
   * @throws StartFailure with one clear line; then nothing is left half started
   */
  void start() throws StartFailure;

  /** Where it listens; empty before it has started. */
  List<Listener> listeners();

  /** Whether it can do its work now. */
  boolean ready();

  /** Finishes what it has begun, within a bound of its own, and stops. Any number of times. */
  @Override
  void close();
}
