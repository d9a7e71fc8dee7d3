package dev.aegis.gateway.edge;

/** What a test's targets speak: the same is expected of the gateway, whichever it is. */
enum TargetProtocol {
  HTTP_1_1,
  HTTP_2
}
