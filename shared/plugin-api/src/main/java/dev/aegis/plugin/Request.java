package dev.aegis.plugin;

import java.util.List;

/**
 * A request as it came, and what the gateway knows of it; a copy that stays as it is. Credentials
 * are not in it: {@code Authorization}, {@code Proxy-Authorization}, {@code X-API-Key}, {@code
 * Signature} and {@code Signature-Input} are as if they had not been sent.
 */
public interface Request {
  /** Id of the request, also in the log. */
  String id();

  /** Id of the tenant whose host was asked. */
  String tenant();

  /** Id of the route, {@code ""} for the one of a tenant without routes. */
  String route();

  /** Method. */
  String method();

  /** Host in lower case, without port. */
  String host();

  /** Canonical path, which is also what was authorized. */
  String path();

  /** Query without {@code ?}, {@code ""} without one. */
  String query();

  /** Address of the caller, as trusted proxies say. */
  String address();

  /** Whether the caller spoke over TLS. */
  boolean secure();

  /** Who the verified caller is, {@code ""} where nobody was asked. */
  String subject();

  /** First value of the header field {@code name}, in any case, or {@code ""}. */
  String header(String name);

  /** Every value of the header field {@code name}, in any case. */
  List<String> headers(String name);
}
