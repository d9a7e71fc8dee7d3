package dev.aegis.admin.api;

/** The bytes of a body, not to be modified. */
final class Payload {
  private final byte[] bytes;

  Payload(byte[] bytes) {
    this.bytes = bytes;
  }

  byte[] bytes() {
    return bytes;
  }
}
