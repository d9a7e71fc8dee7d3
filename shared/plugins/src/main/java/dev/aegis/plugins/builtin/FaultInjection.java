package dev.aegis.plugins.builtin;

import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Member;
import dev.aegis.plugin.Plugin;
import dev.aegis.plugin.Request;
import dev.aegis.plugin.Verdict;
import java.time.Duration;

/** Makes some requests wait, or fail, so that callers can be tried against it. */
public final class FaultInjection implements Plugin<FaultInjection.Config> {
  /** What configurations call it. */
  public static final String NAME = "fault_injection";

  /** As {@link java.util.ServiceLoader} wants it. */
  public FaultInjection() {}

  /** Which requests meet a fault, and which. */
  public record Config(
      @Member("Which share of requests, in percent, above 0 to 100.") double percent,
      @Member(
              value = "How long they wait, in milliseconds.",
              otherwise = "0",
              least = 0,
              most = 30_000)
          int delayMs,
      @Member(
              value = "Status that they are refused with, 400 to 499 or 503; 0 lets them go on.",
              otherwise = "0",
              least = 0,
              most = 599)
          int abortStatus,
      @Member(
              value = "Header field that a request must have to meet a fault; all may without it.",
              otherwise = "\"\"")
          String header,
      @Member(value = "Another number chooses other requests.", otherwise = "0") long seed) {
    public Config {
      if (!(percent > 0 && percent <= 100)) {
        throw new IllegalArgumentException("percent must be above 0 and at most 100");
      }
      if (delayMs == 0 && abortStatus == 0) {
        throw new IllegalArgumentException("must have delay_ms or abort_status");
      }
      if (abortStatus != 0) {
        aborted(abortStatus);
      }
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    return "Makes some requests wait, or fail, so that callers can be tried against it.";
  }

  @Override
  public Class<Config> config() {
    return Config.class;
  }

  @Override
  public Filter configure(Config config) {
    return new Faults(
        config.percent(),
        Duration.ofMillis(config.delayMs()),
        config.abortStatus() == 0 ? Verdict.PASS : aborted(config.abortStatus()),
        config.header(),
        config.seed());
  }

  private static Verdict aborted(int status) {
    return new Verdict.Refuse(status, "The request met a fault that is made on purpose");
  }

  private record Faults(double percent, Duration delay, Verdict then, String header, long seed)
      implements Filter.Authorizing {
    @Override
    public Verdict authorize(Request request) {
      if (!header.isEmpty() && request.headers(header).isEmpty()
          || share(request.id(), seed) >= percent) {
        return Verdict.PASS;
      }
      if (!delay.isZero()) {
        try {
          Thread.sleep(delay); // of the request's own virtual thread
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt(); // the gateway is stopping
        }
      }
      return then;
    }
  }

  /**
   * Where a request stands among all, from 0 to below 100: the same whenever it comes, and even
   * over ids that differ little (the finalizer of SplitMix64).
   */
  static double share(String id, long seed) {
    long mixed = seed;
    for (int i = 0; i < id.length(); i++) {
      mixed = mix(mixed + id.charAt(i));
    }
    return (mix(mixed) >>> 11) * 0x1p-53 * 100;
  }

  private static long mix(long from) {
    long mixed = from + 0x9e3779b97f4a7c15L;
    mixed = (mixed ^ mixed >>> 30) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ mixed >>> 27) * 0x94d049bb133111ebL;
    return mixed ^ mixed >>> 31;
  }
}
