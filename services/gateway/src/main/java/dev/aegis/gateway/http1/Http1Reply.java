package dev.aegis.gateway.http1;

import java.io.IOException;

/** A reply in HTTP/1.1, its head and what is there of its body in one write. */
public final class Http1Reply extends ReplyTo {
  private final Output out;
  private final boolean modern;

  /**
   * @param out to the caller
   * @param modern whether the caller speaks HTTP/1.1 and not 1.0
   */
  public Http1Reply(Output out, boolean modern) {
    this.out = out;
    this.modern = modern;
  }

  @Override
  public Output out() {
    return out;
  }

  @Override
  public boolean takesInterim() {
    return modern; // RFC 9110 section 15.2
  }

  @Override
  public boolean framesAll() {
    return modern;
  }

  @Override
  public void interim() throws IOException {
    out.endLine();
    out.flush();
  }

  @Override
  public void begin(long length) {
    if (length < 0 && modern) {
      out.header("Transfer-Encoding", "chunked");
    }
    out.endLine();
  }

  @Override
  public void relay(Body body) throws IOException, BadMessage {
    body.relay(out, body.length() < 0 && modern);
    out.flush();
  }

  @Override
  public void end(byte[] body) throws IOException {
    out.put(body);
    out.flush();
  }
}
