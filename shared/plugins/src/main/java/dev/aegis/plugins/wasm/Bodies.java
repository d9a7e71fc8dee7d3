package dev.aegis.plugins.wasm;

/** Which bodies a module sees. */
public enum Bodies {
  /** None. */
  NONE,
  /** Those of requests. */
  REQUEST,
  /** Those of replies. */
  RESPONSE,
  /** Both. */
  BOTH
}
