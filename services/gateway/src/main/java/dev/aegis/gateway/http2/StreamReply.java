package dev.aegis.gateway.http2;

import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.http1.Body;
import dev.aegis.gateway.http1.Output;
import dev.aegis.gateway.http1.ReplyTo;
import java.io.IOException;

/** A reply on a stream. Head and what is there of the body leave in one write. */
public final class StreamReply extends ReplyTo {
  private static final byte[] NOTHING = {};
  private static final int GATHERED = FrameWriter.MAX_FRAME;

  private final Stream stream;
  private final Lines lines = new Lines();
  private final Waiting waiting;
  private final StreamOutput body;
  private boolean begun;
  private boolean whole;

  /**
   * @param waiting bounds waits for the caller to take more
   */
  public StreamReply(Stream stream, Waiting waiting) {
    this.stream = stream;
    this.waiting = waiting;
    this.body = stream.output(waiting, GATHERED);
  }

  /** Whether the head is on its way. */
  public boolean begun() {
    return begun;
  }

  @Override
  public Output out() {
    return lines;
  }

  @Override
  public boolean takesInterim() {
    return true;
  }

  @Override
  public boolean framesAll() {
    return true;
  }

  @Override
  public void interim() throws IOException {
    lines.put(false);
    stream.send();
  }

  @Override
  public void begin(long length) throws IOException {
    begun = true;
    whole = length == 0;
    lines.put(whole);
    if (length <= 0) {
      stream.send(); // nothing follows, or what does may be long in coming
    }
  }

  @Override
  public void relay(Body from) throws IOException, BadMessage {
    from.relay(body, false);
    if (!whole) {
      body.end(from.trailer());
    }
  }

  @Override
  public void end(byte[] content) throws IOException {
    if (!whole) {
      body.put(content);
      body.end(NOTHING);
    }
  }

  /** Lines of a head, gathered. */
  private final class Lines extends Output {
    Lines() {
      super(512, Integer.MAX_VALUE);
    }

    void put(boolean last) throws IOException {
      try {
        stream.reply(gathered(), pending(), last);
      } catch (StreamFailure e) {
        throw waiting.failure(e);
      }
      clear();
    }

    @Override
    protected void send(byte[] bytes, int from, int length) {
      throw new IllegalStateException("A head leaves whole");
    }
  }
}
