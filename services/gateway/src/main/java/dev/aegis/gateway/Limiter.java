package dev.aegis.gateway;

import dev.aegis.chassis.Metrics;
import dev.aegis.gateway.admission.LocalCounts;
import dev.aegis.gateway.admission.Refills;
import dev.aegis.gateway.admission.SharedCounts;
import dev.aegis.gateway.pipeline.LimitDecisions;
import dev.aegis.gateway.pipeline.Limits;
import dev.aegis.gateway.pipeline.ReplyCosts;
import dev.aegis.gateway.store.RedisCounts;
import dev.aegis.redis.RedisAccess;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** All that counts requests, put together. */
final class Limiter implements AutoCloseable {
  private final @Nullable RedisCounts redis;
  private final Refills refills;
  private final Limits limits;

  /**
   * Begins to connect.
   *
   * @param store where gateways count together, if anywhere
   * @param node name of this gateway among them
   * @param metrics gets what came of requests
   */
  Limiter(Optional<RedisAccess> store, String node, Metrics metrics, InstantSource clock) {
    this.redis = store.map(access -> new RedisCounts(access, node, clock)).orElse(null);
    SharedCounts shared = redis == null ? SharedCounts.NONE : redis;
    this.refills = new Refills(shared, clock);
    this.limits = new Limits(new LocalCounts(refills), shared, decisions(metrics));
    if (redis != null) {
      metrics.gauge(
          "aegis_rate_limit_store_up",
          "1 while Redis counts limits, 0 while they do what on_failure says",
          () -> shared.answers() ? 1 : 0);
    }
    replyCosts(limits.replyCosts(), metrics);
  }

  private static void replyCosts(ReplyCosts costs, Metrics metrics) {
    for (ReplyCosts.Outcome outcome : ReplyCosts.Outcome.values()) {
      metrics.counter(
          "aegis_rate_limit_reply_costs_total",
          "Replies that were to say what their requests cost",
          () -> costs.count(outcome),
          "outcome",
          outcome.label());
    }
  }

  private static LimitDecisions decisions(Metrics metrics) {
    return new LimitDecisions(
        new LimitDecisions.Board() {
          @Override
          public Runnable counter(String tenant, String policy, LimitDecisions.Outcome outcome) {
            String label = metrics.tenantAtOnce(tenant);
            boolean other = label.equals(Metrics.OTHER); // ids are unique within a tenant only
            return metrics.counterAtOnce(
                    "aegis_rate_limit_decisions_total",
                    "Requests that a limit was asked about",
                    "tenant",
                    label,
                    "policy",
                    other ? Metrics.OTHER : policy,
                    "outcome",
                    outcome.label())
                ::add;
          }

          @Override
          public long changes() {
            return metrics.changes();
          }
        });
  }

  /** What requests ask. */
  Limits limits() {
    return limits;
  }

  @Override
  public void close() {
    refills.close();
    if (redis != null) {
      redis.close();
    }
  }
}
