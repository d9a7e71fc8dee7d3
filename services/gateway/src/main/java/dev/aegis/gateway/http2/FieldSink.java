package dev.aegis.gateway.http2;

/** Hears the fields of a block, in their order. */
interface FieldSink {
  /** The next one. */
  void field(FieldLine line);
}
