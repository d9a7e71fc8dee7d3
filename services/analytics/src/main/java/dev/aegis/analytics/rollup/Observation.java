package dev.aegis.analytics.rollup;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What analytics keeps of one request.
 *
 * @param tenant id, empty when the host belongs to none
 * @param minute when the request began, in whole minutes since 1970 UTC
 * @param route id, empty when none matched
 * @param method one of the methods of RFC 9110 and RFC 5789, anything else as {@code OTHER}: a
 *     caller must not be able to make cells by inventing methods
 * @param statusClass of the answer
 * @param consumer subject of the verified credential, empty when there was none
 * @param bytesIn body bytes from the caller
 * @param bytesOut body bytes to the caller
 * @param durationMicros from the first byte of the request to the last of the answer
 * @param requestId its {@code X-Request-Id}, empty if the event has none
 */
public record Observation(
    String tenant,
    long minute,
    String route,
    String method,
    StatusClass statusClass,
    String consumer,
    long bytesIn,
    long bytesOut,
    long durationMicros,
    String requestId) {
  /** Stands for every method that is not well known. */
  public static final String OTHER_METHOD = "OTHER";

  /** Longest consumer kept, in characters; longer ones are cut. */
  public static final int MAX_CONSUMER = 256;

  private static final Set<String> METHODS =
      Set.of(
          "GET",
          "HEAD",
          "POST",
          "PUT",
          "PATCH",
          "DELETE",
          "OPTIONS",
          "CONNECT",
          "TRACE",
          OTHER_METHOD);

  public Observation {
    if (minute < 0 || minute > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("A minute is 0 to 2^31-1, not " + minute);
    }
    tenant = keyText(tenant);
    route = keyText(route);
    method = METHODS.contains(method) ? method : OTHER_METHOD;
    consumer = keyText(consumer);
    bytesIn = Math.max(0, bytesIn);
    bytesOut = Math.max(0, bytesOut);
  }

  /** Whether the request failed by Aegis's or the upstream's fault: a status of 500 or more. */
  public boolean error() {
    return statusClass == StatusClass.SERVER_ERROR;
  }

  /** NUL separates the parts of a key, so no part may contain it. */
  private static String keyText(@Nullable String text) {
    if (text == null) {
      return "";
    }
    String cut = text.length() > MAX_CONSUMER ? text.substring(0, MAX_CONSUMER) : text;
    return cut.indexOf('\0') < 0 ? cut : cut.replace('\0', '\uFFFD');
  }
}
