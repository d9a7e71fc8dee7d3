package dev.aegis.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.gateway.admission.LocalCounts;
import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.plugin.RateLimit;
import dev.aegis.journal.RateLimitConfig;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What a limit costs that is counted in the gateway: processor time of one thread that asks whose
 * count it is and takes of it, over the same loop without it.
 */
final class Limited {
  private static final int ROUNDS = 11;
  private static final int REQUESTS = 2_000_000;
  private static final int CALLERS = 1_000;
  private static final double GOAL = 500;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final LocalCounts counts = new LocalCounts();
  private final RateLimit.Asker[] askers = new RateLimit.Asker[CALLERS];
  private long seen;

  private Limited() throws Exception {
    RequestHead head = new RequestHead();
    byte[] bytes = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    head.read(Input.stored(bytes));
    for (int i = 0; i < CALLERS; i++) {
      askers[i] = new RateLimit.Asker("tenant123", "orders", "user-" + i, "", "127.0.0.1", head);
    }
  }

  /** Measures and prints it. */
  static void run() throws Exception {
    for (String algorithm :
        List.of("fixed_window", "sliding_window", "token_bucket", "leaky_bucket")) {
      new Limited().measure(algorithm);
    }
  }

  private void measure(String algorithm) throws Exception {
    ObjectNode config =
        (ObjectNode)
            new ObjectMapper()
                .readTree(
                    "{\"limit\":1000000,\"window_seconds\":60,\"algorithm\":\""
                        + algorithm
                        + "\"}");
    RateLimit limit = new RateLimit("l", RateLimitConfig.read(config), "l");
    double[] more = new double[ROUNDS];
    double[] empty = new double[ROUNDS];
    for (int round = -2; round < ROUNDS; round++) {
      double without = nothing();
      double with = taking(limit);
      if (round >= 0) {
        empty[round] = without;
        more[round] = with - without;
      }
    }
    Arrays.sort(more);
    Arrays.sort(empty);
    System.out.printf(
        Locale.ROOT,
        "%s: %.0f ns a request (%.0f – %.0f) over %.0f ns of a loop without it (goal: %.0f)%n",
        algorithm,
        more[ROUNDS / 2],
        more[0],
        more[ROUNDS - 1],
        empty[ROUNDS / 2],
        GOAL);
    if (seen == 0) {
      throw new IllegalStateException("nothing was done");
    }
  }

  private double nothing() {
    long began = THREADS.getCurrentThreadCpuTime();
    for (int i = 0; i < REQUESTS; i++) {
      seen += askers[i % CALLERS].subject().length() + now(i);
    }
    return (double) (THREADS.getCurrentThreadCpuTime() - began) / REQUESTS;
  }

  private double taking(RateLimit limit) {
    long began = THREADS.getCurrentThreadCpuTime();
    for (int i = 0; i < REQUESTS; i++) {
      seen += counts.take(List.of(limit.claim(askers[i % CALLERS])), now(i)).getFirst().remaining();
    }
    return (double) (THREADS.getCurrentThreadCpuTime() - began) / REQUESTS;
  }

  /** A thousand requests come in each millisecond. */
  private static long now(int request) {
    return 1_700_000_000_000L + request / 1_000;
  }
}
