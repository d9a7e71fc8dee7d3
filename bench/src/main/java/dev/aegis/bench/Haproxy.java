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
final class Haproxy {
  private Haproxy() {}

  static Served start(Path folder, int processor, int backendPort)
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
    return new Running(process, port, false);
  }
}
