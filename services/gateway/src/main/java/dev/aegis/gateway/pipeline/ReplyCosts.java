package dev.aegis.gateway.pipeline;

import dev.aegis.gateway.admission.Claim;
import dev.aegis.gateway.admission.Count;
import dev.aegis.gateway.admission.LocalCounts;
import dev.aegis.gateway.admission.Places;
import dev.aegis.gateway.admission.SharedCounts;
import dev.aegis.gateway.counts.Counts;
import dev.aegis.gateway.http1.ResponseHead;
import dev.aegis.gateway.pipeline.Progress.Admitted;
import dev.aegis.gateway.pipeline.Progress.Counted;
import dev.aegis.gateway.plugin.RateLimit;
import dev.aegis.journal.RateLimitConfig.OnFailure;
import dev.aegis.journal.RateLimitConfig.ReplyCost;
import dev.aegis.journal.RateLimitConfig.Store;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Takes of limits what replies say that their requests cost, beyond what was taken when these came.
 * It never refuses: what is owed weighs on the caller's next requests.
 */
public final class ReplyCosts {
  private static final int MOST_DIGITS = 18;

  private final LocalCounts local;
  private final SharedCounts shared;
  private final Counts<Outcome> counts = new Counts<>(Outcome.class);

  ReplyCosts(LocalCounts local, SharedCounts shared) {
    this.local = local;
    this.shared = shared;
  }

  /** What a reply said of its cost to one limit. */
  public enum Outcome {
    /** A whole number that counts as it is. */
    SAID,
    /** More than what counts at most. */
    CAPPED,
    /** Nothing. */
    MISSING,
    /** Something else than one whole number. */
    INVALID;

    /** As in the metric. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How many so far. */
  public long count(Outcome outcome) {
    return counts.of(outcome);
  }

  /** Whether any limit of the route wants to know. */
  public static boolean asks(List<RateLimit> limits) {
    for (RateLimit limit : limits) {
      if (limit.config().replyCost() != null) {
        return true;
      }
    }
    return false;
  }

  /**
   * Takes what the reply says.
   *
   * @param epochMillis when its head came
   * @return the tightest limit that counted the request, as it stands now; null when none did
   */
  public @Nullable Counted charge(Admitted admitted, ResponseHead reply, long epochMillis) {
    Counted tightest = admitted.limit();
    RateLimit.Asker asker = admitted.identified().asker();
    for (RateLimit limit : admitted.identified().route().limits()) {
      long more = more(limit, admitted.inbound().head().method(), reply);
      if (more > 0) {
        Claim wanted = limit.claim(asker);
        Claim claim = new Claim(wanted.meter(), wanted.caller(), more);
        Count count = charge(limit, claim, epochMillis);
        if (count != null && !limit.config().reportOnly()) {
          tightest = tighter(tightest, new Counted(limit, count));
        }
      }
    }
    return tightest;
  }

  private static Counted tighter(@Nullable Counted known, Counted charged) {
    return known == null
            || known.limit().id().equals(charged.limit().id())
            || charged.count().remaining() < known.count().remaining()
        ? charged
        : known;
  }

  /** What is to be taken; a request that a limit does not count costs nothing afterwards either. */
  private long more(RateLimit limit, String method, ResponseHead reply) {
    ReplyCost cost = limit.config().replyCost();
    int first = limit.config().cost(method);
    if (cost == null || first == 0) {
      return 0;
    }
    String said = reply.values(cost.header());
    long value = said == null ? -1 : number(said);
    if (value < 0) {
      counts.add(said == null ? Outcome.MISSING : Outcome.INVALID);
      return 0;
    }
    counts.add(value > cost.most() ? Outcome.CAPPED : Outcome.SAID);
    return Math.min(value, cost.most()) - first;
  }

  /** A whole number, or -1. */
  private static long number(String text) {
    if (text.isEmpty() || text.length() > MOST_DIGITS) {
      return -1;
    }
    long value = 0;
    for (int i = 0; i < text.length(); i++) {
      char digit = text.charAt(i);
      if (digit < '0' || digit > '9') {
        return -1;
      }
      value = 10 * value + digit - '0';
    }
    return value;
  }

  /** Where requests are counted at this moment; null when nobody can say what remains. */
  private @Nullable Count charge(RateLimit limit, Claim claim, long epochMillis) {
    boolean settling = shared.settling();
    boolean leases = shared.answers() && !settling && limit.config().store() == Store.LEASED;
    if (limit.config().store() == Store.LOCAL || leases) {
      Claim here = leases ? limit.leased(claim) : claim;
      return local.charge(List.of(here), epochMillis).getFirst();
    }
    List<Claim> claims = List.of(claim);
    List<Count> counts = shared.charge(claims, epochMillis);
    if (counts == null) {
      shared.owe(claims, epochMillis, new Places());
    }
    if ((counts == null || settling) && limit.config().onFailure() == OnFailure.LOCAL_SHARE) {
      Claim share = limit.shared(claim, shared.gateways());
      Count count = local.charge(List.of(share), epochMillis).getFirst();
      return counts == null ? count : count.and(counts.getFirst());
    }
    return counts == null ? null : counts.getFirst();
  }
}
