package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.journal.UpstreamDefinition.Active;
import dev.aegis.journal.UpstreamDefinition.Check;
import dev.aegis.journal.UpstreamDefinition.Protocol;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks targets how they do, whether there are requests for them or not. One thread looks who is to
 * be asked; each check has a virtual thread, and each target at most one check at a time.
 */
public final class HealthChecks implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HealthChecks.class);
  private static final long TICK_NANOS = Duration.ofMillis(50).toNanos();
  private static final int STATUS_END = "HTTP/1.1 200".length();

  private final Upstreams upstreams;
  private final Deadlines deadlines;
  private final Thread thread;
  private volatile boolean closed;

  /**
   * Begins to ask the targets of {@code upstreams}.
   *
   * @param deadlines ends checks that take too long
   */
  public HealthChecks(Upstreams upstreams, Deadlines deadlines) {
    this.upstreams = upstreams;
    this.deadlines = deadlines;
    this.thread = Thread.ofPlatform().daemon().name("health-checks").start(this::run);
  }

  private void run() {
    while (!closed) {
      try {
        look(System.nanoTime());
      } catch (RuntimeException e) {
        LOG.error("A round of health checks could not be made", e);
      }
      LockSupport.parkNanos(TICK_NANOS);
    }
  }

  private void look(long now) {
    for (Upstream upstream : upstreams.all()) {
      Active rules = upstream.active();
      for (Target target : upstream.all()) {
        tell(upstream, target);
        if (rules != null && target.vitality().begin(now, pause(rules))) {
          Thread.ofVirtual().name("health-check").start(() -> check(upstream, target, rules));
        }
      }
    }
  }

  /** Requests do not log; what they met over TLS is told here. */
  private static void tell(Upstream upstream, Target target) {
    String news = target.trouble().news();
    if (news == null) {
      return;
    }
    if (news.isEmpty()) {
      LOG.info(
          "Target {} of upstream {} of tenant {} is spoken to again",
          target.authority(),
          upstream.id(),
          upstream.tenant());
    } else {
      LOG.warn(
          "Target {} of upstream {} of tenant {} cannot be spoken to: {}",
          target.authority(),
          upstream.id(),
          upstream.tenant(),
          news);
    }
  }

  /** The interval, give or take a tenth. */
  private static long pause(Active rules) {
    long interval = rules.interval().toNanos();
    return interval - interval / 10 + ThreadLocalRandom.current().nextLong(interval / 5);
  }

  private void check(Upstream upstream, Target target, Active rules) {
    boolean passed = false;
    try {
      passed = passes(target, upstream.protocol(), rules);
    } finally {
      if (upstream.checked(target, passed, rules)) {
        if (passed) {
          target.warming().begin(System.nanoTime());
        }
        LOG.info(
            "Target {} of upstream {} of tenant {} is {}",
            target.authority(),
            upstream.id(),
            upstream.tenant(),
            passed ? "healthy again" : "unhealthy");
      }
    }
  }

  private boolean passes(Target target, Protocol protocol, Active rules) {
    long until = System.nanoTime() + rules.timeout().toNanos();
    try (Wire wire = open(target, protocol, rules);
        Watch watch = new Watch(wire, until)) {
      boolean good =
          switch (rules.check()) {
            case Check.Connects() -> true;
            case Check.Answers(String path, Set<Integer> statuses) -> {
              int status = status(wire, target, protocol, path);
              yield statuses.isEmpty() ? status >= 200 && status <= 299 : statuses.contains(status);
            }
            case Check.Serves(String service) ->
                new GrpcHealth(target, service, rules.timeout()).serving(wire, deadlines);
          };
      return good && !watch.expired();
    } catch (IOException | BadMessage e) {
      return false; // what it means is what is asked for
    }
  }

  private Wire open(Target target, Protocol protocol, Active rules) throws IOException {
    return switch (protocol) {
      case HTTP1 -> Wire.open(target, rules.timeout(), List.of(), deadlines);
      case HTTP2 ->
          target.streamsWire(target.tls(), rules.timeout(), deadlines, Wire.Dialing.PATIENT);
    };
  }

  /** The status of the reply to a {@code GET}, -1 when it is no HTTP; the rest is not read. */
  private int status(Wire wire, Target target, Protocol protocol, String path)
      throws IOException, BadMessage {
    String lines = request(path, target.authority());
    return switch (protocol) {
      case HTTP1 -> {
        String head = lines + "Connection: close\r\n\r\n";
        wire.write(ByteBuffer.wrap(head.getBytes(StandardCharsets.US_ASCII)));
        yield status(wire);
      }
      case HTTP2 -> {
        byte[] head = lines.getBytes(StandardCharsets.US_ASCII);
        CheckStream stream = CheckStream.begin(wire, target, deadlines, head, new byte[0]);
        int status = stream.status();
        stream.leave();
        yield status;
      }
    };
  }

  /** Ends a check that takes too long. */
  private final class Watch extends Deadlines.Wait implements AutoCloseable {
    private final Wire wire;

    Watch(Wire wire, long until) {
      this.wire = wire;
      deadlines.until(this, until);
      deadlines.add(this);
    }

    @Override
    protected void expire() {
      wire.close();
    }

    @Override
    public void close() {
      deadlines.remove(this);
    }
  }

  private static String request(String path, String authority) {
    return "GET "
        + path
        + " HTTP/1.1\r\nHost: "
        + authority
        + "\r\nUser-Agent: aegis-health-check\r\nAccept: */*\r\n";
  }

  /** That of the status line. */
  private static int status(Wire wire) throws IOException {
    byte[] line = new byte[STATUS_END];
    ByteBuffer view = ByteBuffer.wrap(line);
    while (view.hasRemaining()) {
      if (wire.read(view) < 0) {
        return -1;
      }
    }
    int status = 0;
    for (int i = STATUS_END - 3; i < STATUS_END; i++) {
      int digit = line[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      status = status * 10 + digit;
    }
    String start = new String(line, 0, "HTTP/1.".length(), StandardCharsets.ISO_8859_1);
    return start.equals("HTTP/1.") ? status : -1;
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }
}
