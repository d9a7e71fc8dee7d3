package dev.aegis.gateway.http1;

/** Status line and header lines of a backend's reply. */
public final class ResponseHead extends Head {
  private int status;
  private int minorVersion;
  private int reason;
  private int reasonEnd;

  /** Status, 100 to 599. */
  public int status() {
    return status;
  }

  /** 0 or 1, of HTTP/1.x. */
  public int minorVersion() {
    return minorVersion;
  }

  /** Whether this is a 1xx, after which the reply proper follows. */
  public boolean interim() {
    return status < 200;
  }

  /** Whether the backend goes on in WebSocket (RFC 6455 section 4.2.2). */
  public boolean switchesToWebSocket() {
    return status == 101 && namesWebSocket();
  }

  /** Whether the backend keeps the connection open after this reply. */
  public boolean persistent() {
    return !close && (minorVersion == 1 || keepAlive);
  }

  /** Whether a reply to {@code method} with this head has a body (RFC 9112 section 6.3). */
  public boolean hasBody(String method) {
    return !(method.equals("HEAD") || status < 200 || status == 204 || status == 304);
  }

  /** Puts the status line into {@code out}, with the backend's reason phrase. */
  public void copyStatusLine(Output out) {
    out.put("HTTP/1.1 ");
    out.putDecimal(status);
    out.put(" ");
    out.put(bytes, reason, reasonEnd - reason);
    out.endLine();
  }

  @Override
  int startLine(byte[] b, int at, int end) throws BadMessage {
    // "HTTP/1.x NNN[ reason]" CRLF
    if (end - at < 13) {
      int known = Math.min(end - at, 7);
      for (int k = 0; k < known; k++) {
        if (b[at + k] != "HTTP/1.".charAt(k)) {
          throw BadMessage.malformed("the reply does not begin with an HTTP/1.x status line");
        }
      }
      return MORE;
    }
    int digit = b[at + 9] - '0';
    int tens = b[at + 10] - '0';
    int ones = b[at + 11] - '0';
    if (!(b[at] == 'H' && b[at + 1] == 'T' && b[at + 2] == 'T' && b[at + 3] == 'P')
        || !(b[at + 4] == '/' && b[at + 5] == '1' && b[at + 6] == '.')
        || !(b[at + 7] == '0' || b[at + 7] == '1')
        || b[at + 8] != ' '
        || digit < 1
        || digit > 5
        || tens < 0
        || tens > 9
        || ones < 0
        || ones > 9) {
      throw BadMessage.malformed("the reply does not begin with an HTTP/1.x status line");
    }
    minorVersion = b[at + 7] - '0';
    status = digit * 100 + tens * 10 + ones;
    int i = at + 12;
    if (b[i] == ' ') {
      i++;
    } else if (b[i] != '\r') {
      throw BadMessage.malformed("the status is not three digits");
    }
    reason = i;
    while (i < end && (b[i] >= ' ' && b[i] != 0x7f || b[i] == '\t' || b[i] < 0)) {
      i++;
    }
    if (i + 1 >= end) {
      return MORE;
    }
    if (b[i] != '\r' || b[i + 1] != '\n') {
      throw BadMessage.malformed("a control byte in the status line");
    }
    reasonEnd = i;
    return i + 2;
  }

  @Override
  void check() throws BadMessage {
    if (chunked() && contentLength() >= 0) {
      throw BadMessage.malformed("both Transfer-Encoding and Content-Length");
    }
    if (chunked() && minorVersion == 0) {
      throw BadMessage.malformed("HTTP/1.0 has no transfer codings");
    }
  }
}
