package dev.aegis.chassis;

import org.jspecify.annotations.Nullable;

/**
 * One request that a bucket has counted.
 *
 * @param nanos what it took
 * @param second when it was, since the epoch
 */
record Exemplar(long nanos, String requestId, @Nullable String traceId, long second) {
  /** OpenMetrics: all names and values of an exemplar's labels have no more characters. */
  private static final int MOST = 128;

  private static final String TRACE = "trace_id";
  private static final String REQUEST = "request_id";

  /** As it is written, empty when nothing of it fits. The request's id is left out first. */
  String labels() {
    String trace = traceId;
    StringBuilder text = new StringBuilder(MOST);
    int room = MOST;
    if (trace != null && TRACE.length() + trace.length() <= room) {
      room -= TRACE.length() + trace.length();
      text.append(TRACE).append("=\"").append(ExpositionWriter.escaped(trace)).append('"');
    }
    if (!requestId.isEmpty() && REQUEST.length() + requestId.length() <= room) {
      text.append(text.isEmpty() ? "" : ",").append(REQUEST).append("=\"");
      text.append(ExpositionWriter.escaped(requestId)).append('"');
    }
    return text.toString();
  }
}
