package dev.aegis.bench;

import java.io.IOException;
import java.util.List;

/** A system under load, on processor 0: where it is called, and whose processor time is counted. */
interface Served extends AutoCloseable {
  /** Port on loopback. */
  int port();

  /** Processes that do the work. */
  List<Long> pids() throws IOException;

  /** Ends it. */
  @Override
  void close();
}
