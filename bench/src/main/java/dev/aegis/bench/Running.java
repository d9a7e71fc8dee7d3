package dev.aegis.bench;

import dev.aegis.testkit.ChildProcess;
import java.util.List;

/** A system that is one process. */
record Running(ChildProcess process, int port, boolean warmsUp) implements Served {
  @Override
  public List<Long> pids() {
    return List.of(process.pid());
  }

  @Override
  public void close() {
    process.close();
  }
}
