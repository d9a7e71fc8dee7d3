package dev.aegis.gateway.http1;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * A body on its way through gzip (RFC 1952). What has arrived comes out before the next wait, so a
 * reply that comes piece by piece goes on piece by piece. Its trailer ends here: what it says may
 * be about other bytes.
 */
public final class Gzipped extends Input implements AutoCloseable {
  private static final byte[] HEADER = {0x1f, (byte) 0x8b, Deflater.DEFLATED, 0, 0, 0, 0, 0, 0, -1};
  private static final int PIECE = 8 * 1024;
  private static final int LEVEL = 5;

  private final Body from;
  private final Deflater deflater = new Deflater(LEVEL, true);
  private final CRC32 checksum = new CRC32();
  private final byte[] piece = new byte[PIECE];
  private boolean unsent;
  private boolean finished;

  /** Compresses {@code from}. */
  public Gzipped(Body from) {
    super(new byte[2 * PIECE]);
    this.from = from;
    System.arraycopy(HEADER, 0, bytes, 0, HEADER.length);
    end = HEADER.length;
  }

  /** The compressed body, of unknown length. */
  public Body body() {
    return Body.untilEnd(this);
  }

  @Override
  protected boolean fill() throws IOException {
    if (at == end) {
      at = 0;
      end = 0;
    }
    int before = end;
    while (end == before && !finished) {
      if (unsent && !from.ready()) {
        deflate(Deflater.SYNC_FLUSH);
        unsent = false;
        continue;
      }
      int count;
      try {
        count = from.read(piece);
      } catch (BadMessage e) {
        throw new BrokenBody(e);
      }
      if (count < 0) {
        finish();
      } else {
        checksum.update(piece, 0, count);
        deflater.setInput(piece, 0, count);
        unsent = true;
        deflate(Deflater.NO_FLUSH);
      }
    }
    return end > before;
  }

  private void finish() {
    deflater.finish();
    deflate(Deflater.NO_FLUSH);
    reserve(8);
    ByteBuffer.wrap(bytes, end, 8)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt((int) checksum.getValue())
        .putInt((int) deflater.getBytesRead());
    end += 8;
    finished = true;
  }

  /** All that the deflater has to give. */
  private void deflate(int how) {
    while (true) {
      reserve(512);
      int room = bytes.length - end;
      int count = deflater.deflate(bytes, end, room, how);
      end += count;
      if (count < room) {
        return;
      }
    }
  }

  private void reserve(int room) {
    if (bytes.length - end < room) {
      bytes = Arrays.copyOf(bytes, bytes.length * 2);
    }
  }

  /** Gives back what is held outside the heap. */
  @Override
  public void close() {
    deflater.end();
  }
}
