package dev.aegis.bench;

import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.Peers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** HAProxy with one thread on one processor, passing every request on over kept connections. */
final class Haproxy implements Served {
  private final ChildProcess process;
  private final int port;

  private Haproxy(ChildProcess process, int port) {
    this.process = process;
    this.port = port;
  }

  static Haproxy start(Path folder, int processor, int backendPort)
      throws IOException, InterruptedException {
    int port = FreePorts.next();
    Files.createDirectories(folder);
    Path file = folder.resolve("haproxy.cfg");
    Files.writeString(
        file,
        """
        global
          nbthread 1
          maxconn 4096
        defaults
          mode http
          timeout connect 5s
          timeout client 60s
          timeout server 60s
        frontend callers
          bind 127.0.0.1:%d
          default_backend backend
        backend backend
          http-reuse always
          server one 127.0.0.1:%d
        """
            .formatted(port, backendPort));
    ChildProcess process =
        ChildProcess.start(
            List.of(
                "taskset",
                "-c",
                Integer.toString(processor),
                Peers.program("haproxy", "AEGIS_TEST_HAPROXY").toString(),
                "-db",
                "-f",
                file.toString()),
            Map.of());
    Load.awaitAnswer(port, process, Duration.ofSeconds(20));
    return new Haproxy(process, port);
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public List<Long> pids() {
    return List.of(process.pid());
  }

  @Override
  public void close() {
    process.close();
  }
}
