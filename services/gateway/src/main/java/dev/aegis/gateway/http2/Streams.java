package dev.aegis.gateway.http2;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The streams of one connection: those that are open, and of those that have ended as many as
 * frames may still come for (RFC 9113 section 5.1). Guarded by the connection's lock.
 */
final class Streams {
  private static final int REMEMBERED = 1_000;

  private final boolean server;
  private final int most;
  private final Map<Integer, Stream> open = new HashMap<>();

  /** By number, whether the peer may not know yet that they have ended. */
  private final Map<Integer, Boolean> ended =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, Boolean> eldest) {
          return size() > REMEMBERED;
        }
      };

  private int working;
  private int lastPeers;
  private int nextOwn = 1;

  /**
   * @param server whether the peer opens them
   * @param most that the peer may have open at once
   */
  Streams(boolean server, int most) {
    this.server = server;
    this.most = most;
  }

  /** The open one with this number, or null. */
  @Nullable Stream open(int id) {
    return open.get(id);
  }

  /** All that are open. */
  List<Stream> all() {
    return new ArrayList<>(open.values());
  }

  int size() {
    return open.size();
  }

  /** Whether nothing is under way. */
  boolean idle() {
    return open.isEmpty() && working == 0;
  }

  /** The highest number that the peer has used. */
  int lastPeers() {
    return lastPeers;
  }

  /** Whether the peer may open one with this number now. */
  boolean isNext(int id) {
    return server && id % 2 == 1 && id > lastPeers;
  }

  /**
   * Whether there is no room for another one of the peer. Those whose work has not ended count too,
   * so that a reset frees nothing before that; but generously, because an honest peer may be faster
   * than the end of the work.
   */
  boolean full() {
    return open.size() >= most || working >= 2 * most;
  }

  /** The peer has used this number. */
  void used(int id) {
    lastPeers = id;
  }

  /** The peer has opened one, and the work on it begins. */
  void begun(Stream stream) {
    open.put(stream.id(), stream);
    working++;
  }

  /** The work on one has ended. */
  void workEnded() {
    working--;
  }

  /** Whether this side can open another one. */
  boolean numbersLeft() {
    return nextOwn < Integer.MAX_VALUE - 2;
  }

  /** The number of the next one that this side opens. */
  int nextOwn() {
    nextOwn += 2;
    return nextOwn - 2;
  }

  /** This side has opened one. */
  void opened(Stream stream) {
    open.put(stream.id(), stream);
  }

  /**
   * One has ended; true when it was open.
   *
   * @param unknown whether the peer may not know it yet
   */
  boolean ended(Stream stream, boolean unknown) {
    if (open.remove(stream.id()) == null) {
      return false;
    }
    ended.put(stream.id(), unknown);
    return true;
  }

  /** One was refused, or is ignored: the peer may not know it yet. */
  void refused(int id) {
    ended.put(id, true);
  }

  /** The connection has ended. */
  void clear() {
    open.clear();
  }

  /**
   * Whether a frame for a stream that is not open may have been sent before the peer knew.
   *
   * @throws ConnectionError when it cannot
   */
  void checkLate(int id, int type) throws ConnectionError {
    boolean never = id % 2 == 0 || (server ? id > lastPeers : id >= nextOwn);
    if (never) {
      throw new ConnectionError(
          ErrorCode.PROTOCOL_ERROR, "a frame of a stream that was never opened");
    }
    Boolean unknown = ended.get(id);
    boolean late = unknown != null && unknown;
    if (late || type == FrameType.WINDOW_UPDATE || type == FrameType.RST_STREAM) {
      return;
    }
    if (unknown == null && type == FrameType.HEADERS) {
      throw new ConnectionError(
          ErrorCode.PROTOCOL_ERROR, "HEADERS of a stream that was passed over");
    }
    throw new ConnectionError(ErrorCode.STREAM_CLOSED, "a frame of a stream that has ended");
  }
}
