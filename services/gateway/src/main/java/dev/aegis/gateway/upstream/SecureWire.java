package dev.aegis.gateway.upstream;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * Bytes over TLS (RFC 8446, RFC 5246).
 *
 * <p>The thread that reads never writes, so that no reading waits until the target takes something,
 * and no lock is needed: what the target wants to have answered after the handshake, a change of
 * keys, goes out with the next bytes that are sent (RFC 8446 section 4.6.3). Nor does {@link
 * #close} say the parting words of TLS, which could wait for whoever writes at that moment.
 */
final class SecureWire implements Wire {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  /** Most records in a row that say nothing: tickets, changes of keys, empty ones. */
  private static final int MAX_SILENT = 100;

  private final SocketChannel channel;
  private final SSLEngine engine;
  // What has come and is not opened yet, and what was opened and not fetched yet; to be read from.
  private ByteBuffer sealed;
  private ByteBuffer opened = NOTHING;
  private boolean ended;
  private int silent;
  // What is about to be sent.
  private ByteBuffer sealing;

  private SecureWire(SocketChannel channel, SSLEngine engine) {
    this.channel = channel;
    this.engine = engine;
    int record = engine.getSession().getPacketBufferSize();
    this.sealed = ByteBuffer.allocate(record).limit(0);
    this.sealing = ByteBuffer.allocate(record);
  }

  /**
   * Shakes hands, blocking; closing the channel ends that.
   *
   * @param channel connected and blocking
   * @throws IOException also when the target does not prove who it is; says why
   */
  @SuppressWarnings("MustBeClosedChecker")
  static SecureWire over(SocketChannel channel, SSLEngine engine, TargetTls tls)
      throws IOException {
    SecureWire wire = new SecureWire(channel, engine);
    try {
      wire.handshake();
      tls.check(engine);
      return wire;
    } catch (SSLException e) {
      wire.complain();
      throw new IOException("TLS: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      // The JDK lets some out over what a target sent, and over a system that trusts nobody.
      throw new IOException("TLS: " + e, e);
    }
  }

  private void handshake() throws IOException {
    engine.beginHandshake();
    while (true) {
      switch (engine.getHandshakeStatus()) {
        case NEED_WRAP -> seal(NOTHING);
        case NEED_TASK -> runTasks();
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
          switch (engine.unwrap(sealed, NOTHING).getStatus()) {
            case BUFFER_UNDERFLOW -> {
              if (fetch() < 0) {
                throw new EOFException("TLS: it ended during the handshake");
              }
            }
            case CLOSED -> throw new EOFException("TLS: it ended during the handshake");
            case BUFFER_OVERFLOW ->
                throw new SSLException("it speaks before the handshake is over");
            case OK -> {}
          }
        }
        case FINISHED, NOT_HANDSHAKING -> {
          return;
        }
      }
    }
  }

  /** Tells the target what was wrong with the handshake, if it still listens. */
  private void complain() {
    try {
      while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
        seal(NOTHING);
      }
    } catch (IOException e) {
      // It has ended: nobody is left to be told.
    }
  }

  private void runTasks() {
    for (Runnable task = engine.getDelegatedTask(); task != null; ) {
      task.run();
      task = engine.getDelegatedTask();
    }
  }

  @Override
  public String protocol() {
    String chosen = engine.getApplicationProtocol();
    return chosen == null ? "" : chosen;
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    while (true) {
      int count = open(into);
      if (count > 0) {
        return count;
      }
      if (ended) {
        return -1;
      }
      if (fetch() < 0) {
        // RFC 9112 section 9.8: without the parting words, what has come may be a part.
        throw new EOFException("TLS: it was cut off, without close_notify");
      }
    }
  }

  /** Opens what has come, up to the first bytes for the reader; 0 when there are none. */
  private int open(ByteBuffer into) throws SSLException {
    if (opened.hasRemaining()) {
      return fetchOpened(into);
    }
    while (sealed.hasRemaining() && !ended) {
      SSLEngineResult result = engine.unwrap(sealed, into);
      if (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
        int most = engine.getSession().getApplicationBufferSize();
        opened = opened.capacity() < most ? ByteBuffer.allocate(most) : opened.clear();
        result = engine.unwrap(sealed, opened);
        opened.flip();
      }
      settle(result.getHandshakeStatus());
      switch (result.getStatus()) {
        case OK -> {}
        case BUFFER_UNDERFLOW -> {
          return 0;
        }
        case CLOSED -> ended = true;
        case BUFFER_OVERFLOW -> throw new SSLException("a record longer than any may be");
      }
      if (result.bytesProduced() > 0) {
        silent = 0;
        return opened.hasRemaining() ? fetchOpened(into) : result.bytesProduced();
      }
      if (++silent > MAX_SILENT) {
        throw new SSLException("it keeps us busy and says nothing");
      }
    }
    return 0;
  }

  private int fetchOpened(ByteBuffer into) {
    int count = Math.min(opened.remaining(), into.remaining());
    into.put(into.position(), opened, opened.position(), count);
    into.position(into.position() + count);
    opened.position(opened.position() + count);
    return count;
  }

  /** What TLS itself wants after a record. */
  private void settle(HandshakeStatus status) throws SSLException {
    if (status == HandshakeStatus.NEED_TASK) {
      runTasks();
    }
    if (!ended && handshakesAnew(status)) {
      throw new SSLException("it wants to negotiate anew");
    }
  }

  /** Only TLS 1.2 does; it has no place in the middle of a reply (RFC 9325 section 3.5). */
  private boolean handshakesAnew(HandshakeStatus status) {
    return status != HandshakeStatus.NOT_HANDSHAKING
        && !engine.isInboundDone()
        && engine.getSession().getProtocol().equals("TLSv1.2");
  }

  /** Waits for more to open; -1 when nothing follows. */
  private int fetch() throws IOException {
    int record = engine.getSession().getPacketBufferSize();
    if (sealed.capacity() < record) {
      sealed = ByteBuffer.allocate(record).put(sealed);
    } else {
      sealed.compact();
    }
    if (!sealed.hasRemaining()) {
      throw new SSLException("a record longer than any may be");
    }
    try {
      return channel.read(sealed);
    } finally {
      sealed.flip();
    }
  }

  @Override
  public void write(ByteBuffer from) throws IOException {
    while (from.hasRemaining()) {
      seal(from);
    }
  }

  /** Sends at most one record of {@code from}, or what TLS itself has to say. */
  private void seal(ByteBuffer from) throws IOException {
    SSLEngineResult result = engine.wrap(from, sealing.clear());
    switch (result.getStatus()) {
      case OK, CLOSED -> {}
      case BUFFER_OVERFLOW -> {
        sealing = ByteBuffer.allocate(2 * sealing.capacity());
        return;
      }
      case BUFFER_UNDERFLOW -> throw new SSLException("nothing can be sent");
    }
    sealing.flip();
    if (result.bytesConsumed() == 0 && !sealing.hasRemaining()) {
      throw new EOFException("TLS: it has ended");
    }
    while (sealing.hasRemaining()) {
      channel.write(sealing);
    }
  }

  @Override
  public boolean usable(boolean thoroughly) {
    if (!channel.isOpen() || ended || opened.hasRemaining()) {
      return false;
    }
    try {
      if (!thoroughly
          && !sealed.hasRemaining()
          && channel.socket().getInputStream().available() == 0) {
        return true;
      }
      channel.configureBlocking(false);
      int read = fetch();
      // Tickets for later sessions may come at any time; they are no words of the target.
      while (read >= 0 && open(NOTHING) == 0 && !ended && read > 0) {
        read = fetch();
      }
      channel.configureBlocking(true);
      return read == 0 && !ended && !opened.hasRemaining() && !sealed.hasRemaining();
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void endSending() throws IOException {
    engine.closeOutbound();
    while (!engine.isOutboundDone()) {
      seal(NOTHING);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // Closed is what it was to become; there is nothing left to lose on it.
    }
  }
}
