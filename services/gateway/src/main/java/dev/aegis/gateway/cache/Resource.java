package dev.aegis.gateway.cache;

/**
 * What an unsafe request changes, whatever the route (RFC 9111 section 4.4): the first part of the
 * key of what is kept.
 *
 * @param tenant whose it is
 * @param host in lower case, without port
 * @param path canonical
 * @param query with its {@code ?}, as sent
 */
public record Resource(String tenant, String host, String path, String query) {
  int characters() {
    return tenant.length() + host.length() + path.length() + query.length();
  }
}
