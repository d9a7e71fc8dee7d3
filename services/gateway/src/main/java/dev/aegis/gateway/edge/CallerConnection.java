package dev.aegis.gateway.edge;

import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.http1.LegFailure;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.http2.Http2Connection;
import dev.aegis.gateway.pipeline.Refusal;
import dev.aegis.gateway.pipeline.Refusal.ByCaller;
import dev.aegis.gateway.tls.Secured;
import dev.aegis.plugin.Arrival;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One caller's connection: request after request until either side has had enough. Closed after any
 * doubt about where a request ended.
 */
final class CallerConnection implements ServerConnection {
  private static final byte[] PREFACE = Http2Connection.preface();
  private static final int MAX_LINGER_BYTES = 1 << 20;

  private final Edge edge;
  private final CallerSelector selector;
  private final boolean secure;
  private final ConnectionLeg leg;
  private String address = "";
  private final RequestHead head = new RequestHead();
  private boolean first = true;
  private volatile @Nullable CallerStreams streams;
  private volatile boolean idle = true;
  private volatile boolean closing;
  private volatile long idleSince = System.nanoTime();

  CallerConnection(
      Edge edge, CallerSelector selector, ConnectionContext context, @Nullable Secured secured) {
    this.edge = edge;
    this.selector = selector;
    this.secure = secured != null;
    this.leg = new ConnectionLeg(context, edge.deadlines(), edge.settings(), secured, this::ending);
  }

  @Override
  public void handle(Limit limit) {
    selector.opened();
    try {
      introduce();
      if (edge.snapshot().get().door().admits(new Arrival(address, secure))) {
        while (serveOne()) {
          idleSince = System.nanoTime();
        }
      }
    } catch (IOException e) {
      // The caller is gone, or took too long: nobody is left to be told.
    } finally {
      leg.goodbye();
      leg.release();
      selector.closed();
    }
  }

  /** Hears whom a proxy speaks for, before the first request or, over TLS, before the handshake. */
  private void introduce() throws IOException {
    leg.boundReads(edge.settings().head());
    leg.introduce(edge.settings().front());
    address = leg.from().getHostAddress();
  }

  /** Serves one request; true when another may follow. */
  private boolean serveOne() throws IOException {
    idle = true;
    leg.boundReads(edge.settings().idle());
    leg.input().letOthersFirst();
    if (closing || !leg.input().ensure()) {
      return false;
    }
    idle = false;
    leg.boundReads(edge.settings().head());
    RequestExchange exchange = new RequestExchange(edge, leg, head, address);
    leg.beginRequest(exchange::tellLate);
    try {
      if (first && leg.input().begins(PREFACE)) {
        serveStreams();
        return false;
      }
      first = false;
      if (!head.read(leg.input())) {
        return false;
      }
      leg.boundEachRead();
    } catch (BadMessage e) {
      if (e.kind() != BadMessage.Kind.INCOMPLETE) {
        leg.boundEachRead();
        exchange.refuseUnread(Refusal.of(e));
        linger();
      }
      return false;
    } catch (LegFailure e) {
      if (e.timeout()) {
        exchange.recordUnread(ByCaller.REQUEST_TIMEOUT);
      }
      throw e;
    }
    edge.active().increment();
    try {
      if (exchange.run()) {
        return !closing;
      }
    } finally {
      edge.active().decrement();
    }
    if (!exchange.bodyStillRead()) {
      linger();
    }
    return false;
  }

  /** Goes on in HTTP/2, which the caller has begun with (RFC 9113 section 3.3). */
  private void serveStreams() throws IOException {
    leg.endRequests();
    leg.boundReads(edge.settings().head());
    CallerStreams speaking = new CallerStreams(edge, leg, address);
    streams = speaking;
    leg.whenIdle(speaking::leave);
    Departures.Entry leaving = edge.departures().add(speaking::leaveSoon);
    try {
      speaking.begin();
      speaking.run();
    } finally {
      edge.departures().remove(leaving);
    }
  }

  /** Whether connections end with their current request. */
  boolean ending() {
    return closing || selector.draining();
  }

  /**
   * Reads on for a moment before the connection is closed, so that a reply which crosses with the
   * rest of a request is not lost to a reset (RFC 9112 section 9.6).
   */
  private void linger() throws IOException {
    leg.goodbye();
    leg.boundReads(ConnectionLeg.LINGER);
    long dropped = 0;
    do {
      dropped += leg.input().available();
      leg.input().discard();
    } while (dropped < MAX_LINGER_BYTES && leg.input().ensure());
  }

  @Override
  public Duration idleTime() {
    return idle ? Duration.ofNanos(System.nanoTime() - idleSince) : Duration.ZERO;
  }

  @Override
  public void close(boolean interrupt) {
    closing = true;
    CallerStreams speaking = streams;
    if (speaking != null && !interrupt) {
      speaking.leave();
    } else if (idle || interrupt) {
      leg.close();
    }
  }
}
