package dev.aegis.gateway.http2;

/** Numbers of frames and of their flags (RFC 9113 section 6). */
final class FrameType {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PUSH_PROMISE = 5;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;

  /** Of DATA and HEADERS. */
  static final int END_STREAM = 1;

  /** Of SETTINGS and PING. */
  static final int ACK = 1;

  /** Of HEADERS and CONTINUATION. */
  static final int END_HEADERS = 4;

  /** Of DATA and HEADERS. */
  static final int PADDED = 8;

  /** Of HEADERS: it says something of priority. */
  static final int PRIORITIZED = 0x20;

  private FrameType() {}
}
