package dev.aegis.gateway.http2;

import dev.aegis.gateway.http1.Output;
import java.io.IOException;

/** The body of one side of a stream, in DATA frames. */
public final class StreamOutput extends Output {
  private final Stream stream;
  private final Waiting waiting;

  StreamOutput(Stream stream, Waiting waiting, int most) {
    super(1024, most);
    this.stream = stream;
    this.waiting = waiting;
  }

  /** Sends what is gathered, and ends this side: with a trailer, unless that is empty. */
  public void end(byte[] trailer) throws IOException {
    if (trailer.length > 0) {
      flush();
      stream.trailer(trailer, waiting);
    } else {
      stream.data(gathered(), 0, pending(), true, waiting);
      clear();
    }
  }

  @Override
  protected void send(byte[] bytes, int from, int length) throws IOException {
    stream.data(bytes, from, length, false, waiting);
  }
}
