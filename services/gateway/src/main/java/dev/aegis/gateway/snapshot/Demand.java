package dev.aegis.gateway.snapshot;

import dev.aegis.gateway.admission.Access;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * What a host asks its callers for in the TLS handshake: a certificate of their own.
 *
 * @param required whether callers without one are refused
 * @param authorities one of whom must have signed it; empty when the demand could not be understood
 *     and nobody can meet it
 * @param roles roles of whoever meets it
 * @param access what these roles allow, whoever has them
 */
public record Demand(
    boolean required, List<X509Certificate> authorities, List<String> roles, Access access) {
  public Demand {
    authorities = List.copyOf(authorities);
    roles = List.copyOf(roles);
  }

  /** Of two for one host: the other, unless it would let in whom this one refuses. */
  Demand or(Demand other) {
    return required && !other.required ? this : other;
  }
}
