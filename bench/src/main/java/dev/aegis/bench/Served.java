package dev.aegis.bench;

import java.io.IOException;
import java.util.List;

/** A system under load, on processor 0: where it is called, and whose processor time is counted. */
interface Served extends AutoCloseable {
  /** Port on loopback. */
  int port();

  /** Processes that do the work. */
  List<Long> pids() throws IOException;

  /** Whether it needs load for a while before it is as fast as it gets: it runs on a JVM. */
  boolean warmsUp();

  /** Ends it. */
  @Override
  void close();
}
