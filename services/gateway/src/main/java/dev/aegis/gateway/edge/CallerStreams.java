package dev.aegis.gateway.edge;

import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.http2.Http2Connection;
import dev.aegis.gateway.http2.Stream;
import dev.aegis.gateway.pipeline.Refusal;
import java.io.IOException;

/** A caller's connection in HTTP/2: each stream is a request with a thread of its own. */
final class CallerStreams extends Http2Connection {
  /** Requests that one connection may have under way (RFC 9113 section 6.5.2 asks for 100). */
  private static final int MAX_STREAMS = 100;

  private final Edge edge;
  private final ConnectionLeg connection;
  private final String address;

  CallerStreams(Edge edge, ConnectionLeg connection, String address) {
    super(connection, true, MAX_STREAMS);
    this.edge = edge;
    this.connection = connection;
    this.address = address;
  }

  @Override
  protected void opened(Stream stream) {
    Thread.ofVirtual().name("stream").start(() -> serve(stream, null));
  }

  @Override
  protected void opened(Stream stream, BadMessage wrong) {
    Thread.ofVirtual().name("stream").start(() -> serve(stream, wrong));
  }

  private void serve(Stream stream, @org.jspecify.annotations.Nullable BadMessage wrong) {
    StreamLeg leg = new StreamLeg(connection, stream, edge.deadlines(), edge.settings().body());
    RequestHead head = new RequestHead();
    RequestExchange exchange = new RequestExchange(edge, leg, head, address);
    edge.active().increment();
    try {
      if (wrong != null) {
        throw wrong;
      }
      head.read(leg.input());
      exchange.run();
    } catch (BadMessage e) {
      refuse(exchange, e);
    } catch (IOException e) {
      // The caller is gone, or took too long: nobody is left to be told.
    } finally {
      edge.active().decrement();
      leg.release();
      finished(stream);
    }
  }

  private static void refuse(RequestExchange exchange, BadMessage wrong) {
    try {
      exchange.refuseUnread(Refusal.of(wrong));
    } catch (IOException e) {
      // The caller is gone: nobody is left to be told.
    }
  }
}
