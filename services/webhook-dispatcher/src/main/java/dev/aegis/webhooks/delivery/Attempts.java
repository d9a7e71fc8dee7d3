package dev.aegis.webhooks.delivery;

import dev.aegis.egress.CallResult;
import dev.aegis.webhooks.subscription.Endpoint;
import dev.aegis.webhooks.subscription.EndpointKey;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes one attempt at a delivery and says what its state is to be. */
final class Attempts {
  private static final Logger LOG = LoggerFactory.getLogger(Attempts.class);

  /** What came of trying. */
  sealed interface Outcome {
    /** A new state, to be recorded. */
    record Changed(StoredDelivery stored) implements Outcome {}

    /**
     * Nothing, for a reason on this side; it does not count as an attempt.
     *
     * @param why for the log
     */
    record Postponed(String why) implements Outcome {}
  }

  /** Where the body of a delivery is. */
  @FunctionalInterface
  interface Body {
    /**
     * Fetches it.
     *
     * @throws IOException when it cannot be read now
     */
    byte[] fetch() throws IOException, InterruptedException;
  }

  private final Function<EndpointKey, Endpoint> endpoints;
  private final Sender sender;
  private final RetryPolicy policy;
  private final InstantSource clock;
  private final Meters meters;

  Attempts(
      Function<EndpointKey, Endpoint> endpoints,
      Sender sender,
      RetryPolicy policy,
      InstantSource clock,
      Meters meters) {
    this.endpoints = endpoints;
    this.sender = sender;
    this.policy = policy;
    this.clock = clock;
    this.meters = meters;
  }

  /** Tries once. What goes wrong on the way to a call is postponed, and so is a bug. */
  Outcome make(Delivery delivery, Body body) {
    try {
      return switch (endpoints.apply(delivery.key().endpoint())) {
        case Endpoint.Usable usable -> call(usable, delivery, body.fetch());
        case Endpoint.Unusable unusable -> new Outcome.Postponed(unusable.why());
        case Endpoint.Absent absent ->
            absent.revision() < delivery.revision()
                ? new Outcome.Postponed("the configuration it was made under is not yet here")
                : changed(delivery.cancelled(absent.why()), body.fetch());
      };
    } catch (IOException e) {
      return new Outcome.Postponed(String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Outcome.Postponed("this process is stopping");
    } catch (RuntimeException e) {
      LOG.error("An attempt at delivery {} met a bug", delivery.key(), e);
      return new Outcome.Postponed("a bug, see above");
    }
  }

  private Outcome call(Endpoint.Usable endpoint, Delivery delivery, byte[] body)
      throws InterruptedException {
    Instant began = clock.instant();
    return switch (sender.send(endpoint, delivery, body)) {
      case CallResult.Answered reply -> {
        meters.called(reply.latency());
        yield changed(policy.after(delivery, reply, began, clock.instant()), body);
      }
      case CallResult.Failed failed -> {
        meters.called(failed.latency());
        yield changed(policy.after(delivery, failed, began, clock.instant()), body);
      }
      case CallResult.NotMade notMade -> new Outcome.Postponed(notMade.why());
    };
  }

  private static Outcome changed(Delivery next, byte[] body) {
    return new Outcome.Changed(new StoredDelivery(next, body));
  }
}
