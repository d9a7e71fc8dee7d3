package dev.aegis.bench;

import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Spring Cloud Gateway on one processor with one route for everything and no policy. */
final class SpringCloudGateway {
  private static final Path MODULE = Repository.root().resolve("bench/spring-cloud-gateway");
  private static final Path LIBRARIES = MODULE.resolve("target/libraries");
  private static final String ROUTE = "--spring.cloud.gateway.server.webflux.routes[0]";

  private SpringCloudGateway() {}

  static Served start(int processor, int backendPort) throws IOException, InterruptedException {
    if (!Files.exists(LIBRARIES)) {
      throw new AssertionError("Spring Cloud Gateway is not built: run scripts/peers bench");
    }
    int port = FreePorts.next();
    ChildProcess process =
        ChildProcess.start(
            List.of(
                "taskset",
                "-c",
                Integer.toString(processor),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                MODULE.resolve("target/classes") + ":" + Files.readString(LIBRARIES).strip(),
                "dev.aegis.bench.peer.SpringCloudGateway",
                "--server.address=127.0.0.1",
                "--server.port=" + port,
                "--spring.main.banner-mode=off",
                ROUTE + ".id=all",
                ROUTE + ".uri=http://127.0.0.1:" + backendPort,
                ROUTE + ".predicates[0]=Path=/**"),
            Map.of());
    Load.awaitAnswer(port, process, Duration.ofSeconds(90));
    return new Running(process, port, true);
  }
}
