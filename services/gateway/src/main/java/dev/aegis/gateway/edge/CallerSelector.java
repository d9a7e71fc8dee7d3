package dev.aegis.gateway.edge;

import dev.aegis.gateway.cache.ReplyCache;
import dev.aegis.gateway.overload.Load;
import dev.aegis.gateway.pipeline.Pipeline;
import dev.aegis.gateway.snapshot.Snapshot;
import dev.aegis.gateway.telemetry.Finished;
import dev.aegis.gateway.tls.CallerTls;
import dev.aegis.gateway.tls.Secured;
import dev.aegis.gateway.tracing.Tracing;
import dev.aegis.gateway.upstream.Deadlines;
import dev.aegis.gateway.upstream.Forwarder;
import io.helidon.common.buffers.BufferData;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Plugs the gateway's own HTTP into Helidon's listener: takes every connection. */
public final class CallerSelector implements ServerConnectionSelector {
  private final Edge edge;
  private final CallerTls tls;
  private final LongAdder active = new LongAdder();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();
  private final Departures departures = new Departures();
  private int open;

  /**
   * @param tracing begins the traces of requests
   * @param snapshot the configuration in force, asked once per request
   * @param records hears of every request when it has come to its end; called on its thread
   * @param node name of this gateway
   * @param tls knows the handshakes of secure connections
   * @param load whose requests may begin
   * @param cache replies that are kept
   */
  public CallerSelector(
      EdgeSettings settings,
      Tracing tracing,
      Supplier<Snapshot> snapshot,
      Pipeline pipeline,
      Forwarder forwarder,
      Deadlines deadlines,
      Consumer<Finished> records,
      String node,
      CallerTls tls,
      Load load,
      ReplyCache cache) {
    this.tls = tls;
    this.edge =
        new Edge(
            settings,
            tracing,
            snapshot,
            pipeline,
            forwarder,
            deadlines,
            records,
            node,
            active,
            load,
            cache,
            departures);
  }

  /** Requests under way. */
  public long active() {
    return active.sum();
  }

  /** Connections of callers. */
  public int connections() {
    lock.lock();
    try {
      return open;
    } finally {
      lock.unlock();
    }
  }

  /**
   * From now on each connection ends with its next reply, and WebSockets are told. Waits until all
   * have ended: to close an idle one at once might cross with a request on its way.
   *
   * @param patience longest wait
   */
  public void drain(Duration patience) throws InterruptedException {
    departures.begin();
    long nanos = patience.toNanos();
    lock.lock();
    try {
      while (open > 0 && nanos > 0) {
        nanos = ended.awaitNanos(nanos);
      }
    } finally {
      lock.unlock();
    }
  }

  void opened() {
    count(1);
  }

  void closed() {
    count(-1);
  }

  private void count(int more) {
    lock.lock();
    try {
      open += more;
      ended.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean draining() {
    return departures.begun();
  }

  @Override
  public int bytesToIdentifyConnection() {
    return 0;
  }

  @Override
  public Support supports(BufferData data) {
    return Support.SUPPORTED;
  }

  @Override
  public Set<String> supportedApplicationProtocols() {
    return Set.of("h2", "http/1.1", "http/1.0");
  }

  @Override
  public ServerConnection connection(ConnectionContext context) {
    Secured secured =
        context.isSecure()
            ? tls.secured(context.remotePeer().address(), context.localPeer().address())
            : null;
    return new CallerConnection(edge, this, context, secured);
  }
}
