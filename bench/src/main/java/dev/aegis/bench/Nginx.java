package dev.aegis.bench;

import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.Peers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** An nginx with one worker on one processor: the backend, or the bare proxy to compare with. */
final class Nginx implements Served {
  /** The backend's reply: 157 bytes of JSON. */
  static final String BODY =
      "{\"orders\":[{\"id\":101,\"item\":\"lamp\",\"quantity\":2},{\"id\":102,\"item\":\"desk\","
          + "\"quantity\":1},{\"id\":1003,\"item\":\"chair\",\"quantity\":4}],\"next_cursor\":null,"
          + "\"ok\":true}";

  private final ChildProcess process;
  private final int port;

  private Nginx(ChildProcess process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Answers every request with {@link #BODY}. */
  static Nginx backend(Path folder, int processor) throws IOException {
    int port = FreePorts.next();
    return start(
        folder,
        processor,
        port,
        "server { listen 127.0.0.1:%d; location / { default_type application/json; return 200 '%s'; } }"
            .formatted(port, BODY));
  }

  /** Passes every request on, over kept connections, and does nothing else. */
  static Nginx proxy(Path folder, int processor, int backendPort) throws IOException {
    int port = FreePorts.next();
    return start(
        folder,
        processor,
        port,
        """
        upstream backend { server 127.0.0.1:%d; keepalive 128; keepalive_requests 10000000; }
        server {
          listen 127.0.0.1:%d;
          location / { proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ""; }
        }
        """
            .formatted(backendPort, port));
  }

  private static Nginx start(Path folder, int processor, int port, String servers)
      throws IOException {
    Files.createDirectories(folder);
    Path file = folder.resolve("nginx.conf");
    Files.writeString(
        file,
        """
        daemon off;
        master_process on;
        worker_processes 1;
        pid %1$s/nginx.pid;
        error_log %1$s/error.log;
        events { worker_connections 2048; }
        http {
          access_log off;
          keepalive_requests 100000000;
          client_body_temp_path %1$s/body;
          proxy_temp_path %1$s/proxy;
          fastcgi_temp_path %1$s/fastcgi;
          uwsgi_temp_path %1$s/uwsgi;
          scgi_temp_path %1$s/scgi;
          %2$s
        }
        """
            .formatted(folder, servers));
    String program = Peers.program("nginx", "AEGIS_TEST_NGINX").toString();
    ChildProcess process =
        ChildProcess.start(
            List.of(
                "taskset",
                "-c",
                Integer.toString(processor),
                program,
                "-e",
                folder.resolve("error.log").toString(),
                "-c",
                file.toString()),
            Map.of());
    return new Nginx(process, port);
  }

  @Override
  public boolean warmsUp() {
    return false;
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public List<Long> pids() throws IOException {
    List<Long> workers = new ArrayList<>(List.of(process.pid()));
    try (Stream<ProcessHandle> children =
        ProcessHandle.of(process.pid()).stream().flatMap(ProcessHandle::descendants)) {
      children.forEach(child -> workers.add(child.pid()));
    }
    return workers;
  }

  /** Asks the master to stop: killed, it would leave its workers behind. */
  @Override
  public void close() {
    try {
      int code = process.stop(Duration.ofSeconds(10));
      if (code != 0) {
        throw new AssertionError("nginx ended with " + code + ": " + process.output());
      }
    } catch (InterruptedException e) {
      process.close();
      Thread.currentThread().interrupt();
    }
  }
}
