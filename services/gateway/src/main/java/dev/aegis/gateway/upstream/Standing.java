package dev.aegis.gateway.upstream;

/** What an attempt or a request says about those who served it. */
enum Standing {
  /** An answer below 500. */
  GOOD,
  /** No connection, a broken or late reply, or a status of 500 and more. */
  BAD,
  /** Nothing, as when the caller went away. */
  UNKNOWN;

  static Standing of(Exchange exchange) {
    Exchange.Fault fault = exchange.fault();
    return fault == null ? of(exchange.status()) : of(fault);
  }

  static Standing of(int status) {
    return status >= 500 ? BAD : GOOD;
  }

  static Standing of(Exchange.Fault fault) {
    return switch (fault) {
      case UPSTREAM_FAILED, UPSTREAM_TIMEOUT -> BAD;
      case NO_TARGET,
          CIRCUIT_OPEN,
          OVERLOADED,
          CALLER_GONE,
          CALLER_TIMEOUT,
          CALLER_MALFORMED,
          REQUEST_TOO_LARGE,
          REPLY_TOO_LARGE,
          PLUGIN_FAILED ->
          UNKNOWN;
    };
  }
}
