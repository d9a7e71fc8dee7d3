package dev.aegis.gateway.upstream;

import dev.aegis.journal.UpstreamDefinition.Protocol;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One address of an upstream, with the connections to it that wait for a request. Belongs to one
 * tenant: connections are never shared between tenants.
 */
public final class Target {
  private static final int MAX_IDLE = 512;

  private final String host;
  private final int port;
  private final String authority;
  private final ConcurrentLinkedDeque<Connection> idle = new ConcurrentLinkedDeque<>();
  private final List<TargetStreams> shared = new CopyOnWriteArrayList<>();
  private final AtomicInteger idleCount = new AtomicInteger();
  private final AtomicInteger active = new AtomicInteger();
  private final long hash;
  private final Ejection ejection = new Ejection();
  private final Vitality vitality = new Vitality();
  private final Trouble trouble = new Trouble();
  private final Seats seats = new Seats();
  private final Warming warming = new Warming();
  private volatile @Nullable TargetTls tls;
  private volatile boolean retired;

  /**
   * @param authority {@code host:port} for logs
   */
  Target(String host, int port, String authority) {
    this.host = host;
    this.port = port;
    this.authority = authority;
    this.hash = Choice.hash(authority);
  }

  /** {@code host:port}. */
  public String authority() {
    return authority;
  }

  /** The same for every gateway that knows this address. */
  long hash() {
    return hash;
  }

  /** Whether it is left out because attempts failed. */
  Ejection ejection() {
    return ejection;
  }

  /** Whether it passes its checks. */
  Vitality vitality() {
    return vitality;
  }

  String host() {
    return host;
  }

  int port() {
    return port;
  }

  /** How it is spoken to over TLS, null when it is not. */
  @Nullable TargetTls tls() {
    return tls;
  }

  /** What it has come from, but for {@link #ejection}. */
  Warming warming() {
    return warming;
  }

  /**
   * The part of its share that it gets now, from above 0 to 1.
   *
   * @param slowStart nanoseconds until it gets all, 0 for at once
   */
  double part(long now, long slowStart) {
    return slowStart == 0
        ? 1
        : Math.min(warming.part(now, slowStart), ejection.part(now, slowStart));
  }

  /** Its connections in use, and who waits for one. */
  Seats seats() {
    return seats;
  }

  /** Why it cannot be spoken to over TLS. */
  Trouble trouble() {
    return trouble;
  }

  /** How it is spoken to from now on; connections that were made otherwise get no new request. */
  void tls(@Nullable TargetTls newer) {
    if (tls != newer) {
      tls = newer;
      closeIdle();
      shared.forEach(TargetStreams::leave);
    }
  }

  /** Attempts under way. */
  int active() {
    return active.get();
  }

  /** An attempt begins; {@link #end} must follow. */
  void begin() {
    active.incrementAndGet();
  }

  /** An attempt has ended. */
  void end() {
    active.decrementAndGet();
  }

  /** Where to connect to; looked up anew each time. */
  InetSocketAddress address() {
    return new InetSocketAddress(host, port);
  }

  /** A way that is there and still good, or null. */
  @Nullable TargetLeg take(Protocol protocol, Deadlines deadlines) {
    return switch (protocol) {
      case HTTP1 -> takeIdle();
      case HTTP2 -> takeStream(deadlines);
    };
  }

  /** A new way, see {@link Wire#open}. */
  TargetLeg open(Protocol protocol, Duration bound, Deadlines deadlines, Wire.Dialing dialing)
      throws IOException {
    return switch (protocol) {
      case HTTP1 -> Connection.open(this, bound, deadlines, dialing);
      case HTTP2 -> {
        TargetTls terms = tls; // before connecting: if it changes meanwhile, it is not kept
        TargetStreams opened =
            TargetStreams.begin(streamsWire(terms, bound, deadlines, dialing), terms, deadlines);
        shared.add(opened);
        if (retired || terms != tls) {
          opened.leave();
        }
        yield new TargetStream(opened, this, deadlines);
      }
    };
  }

  /** A new connection for HTTP/2 that nobody else uses, ended by who asks for it. */
  Wire streamsWire(
      @Nullable TargetTls terms, Duration bound, Deadlines deadlines, Wire.Dialing dialing)
      throws IOException {
    Wire wire = Wire.open(this, bound, List.of("h2"), deadlines, dialing);
    if (terms != null && !wire.protocol().equals("h2")) {
      wire.close();
      throw new IOException("the target does not speak HTTP/2");
    }
    return wire;
  }

  private @Nullable TargetLeg takeStream(Deadlines deadlines) {
    for (TargetStreams streams : shared) {
      if (streams.hasRoom()) {
        return new TargetStream(streams, this, deadlines);
      }
    }
    return null;
  }

  /** The connection that was used last and is still good, or null. */
  private @Nullable Connection takeIdle() {
    for (Connection next = idle.pollFirst(); next != null; next = idle.pollFirst()) {
      idleCount.decrementAndGet();
      if (next.usable()) {
        return next;
      }
      next.close();
    }
    return null;
  }

  /** Keeps a connection for the next request. */
  void keep(Connection connection) {
    if (connection.tls() != tls) {
      connection.close();
      return;
    }
    if (retired || idleCount.incrementAndGet() > MAX_IDLE) {
      if (!retired) {
        idleCount.decrementAndGet();
      }
      connection.close();
      return;
    }
    connection.rest();
    idle.addFirst(connection);
    if (retired || connection.tls() != tls) {
      closeIdle();
    }
  }

  /** Closes connections that have waited for too long. */
  void closeStale() {
    shared.removeIf(TargetStreams::closed);
    for (Connection oldest = idle.peekLast();
        oldest != null && oldest.stale();
        oldest = idle.peekLast()) {
      if (idle.removeLastOccurrence(oldest)) {
        idleCount.decrementAndGet();
        oldest.close();
      }
    }
  }

  /** No request goes here any more. */
  void retire() {
    retired = true;
    closeIdle();
    shared.forEach(TargetStreams::leave);
  }

  private void closeIdle() {
    for (Connection next = idle.pollFirst(); next != null; next = idle.pollFirst()) {
      idleCount.decrementAndGet();
      next.close();
    }
  }

  /** Connections that wait for a request. */
  int idleConnections() {
    return idleCount.get();
  }
}
