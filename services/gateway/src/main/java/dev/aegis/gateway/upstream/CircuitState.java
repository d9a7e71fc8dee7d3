package dev.aegis.gateway.upstream;

/** Where a circuit breaker stands. */
public enum CircuitState {
  /** Every request passes. */
  CLOSED,
  /** A few may try. */
  HALF_OPEN,
  /** Nobody passes. */
  OPEN
}
