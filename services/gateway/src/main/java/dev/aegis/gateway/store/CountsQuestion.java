package dev.aegis.gateway.store;

import dev.aegis.gateway.admission.Bound;
import dev.aegis.gateway.admission.Claim;
import dev.aegis.gateway.admission.Count;
import dev.aegis.gateway.admission.Meter;
import java.util.ArrayList;
import java.util.List;
import redis.clients.jedis.exceptions.JedisDataException;

/** A question to {@code counts.lua}, and how its answer is read. */
final class CountsQuestion {
  /** Begins the names of entries; the number changes with the form of what is written. */
  private static final String FORM = "aegis:limit:1:";

  /** Numbers of an answer for each bound. */
  private static final int NUMBERS = 4;

  private final List<String> keys = new ArrayList<>();
  private final List<String> words = new ArrayList<>();

  /**
   * @param mode what to do: take, peek or charge
   * @param time Unix time in milliseconds, or -1 for the clock of Redis
   * @param place name of the places that are taken, {@code ""} for none
   */
  CountsQuestion(String mode, long time, String place) {
    words.add(Long.toString(time));
    words.add(mode);
    words.add(place);
  }

  /** The same for what a request wants. */
  static CountsQuestion of(String mode, long time, String place, List<Claim> claims) {
    CountsQuestion question = new CountsQuestion(mode, time, place);
    for (Claim claim : claims) {
      question.add(claim.meter(), claim.caller());
      for (Bound bound : claim.meter().bounds()) {
        question.add(bound, claim.cost());
      }
    }
    return question;
  }

  /** Asks of one count more. */
  void add(Meter meter, String caller) {
    keys.add(key(meter, caller));
    words.add(meter.reportOnly() ? "1" : "0");
    words.add(meter.countRefused() ? "1" : "0");
    words.add(Long.toString(meter.places() ? Leases.MILLIS : meter.keptMillis()));
    words.add(Integer.toString(meter.bounds().size()));
  }

  /** One bound of it, in their order. */
  void add(Bound bound, long cost) {
    int kind =
        switch (bound.algorithm()) {
          case FIXED_WINDOW -> 1;
          case SLIDING_WINDOW -> 2;
          case TOKEN_BUCKET -> 3;
          case LEAKY_BUCKET -> 4;
          case CONCURRENCY -> 5;
        };
    words.add(Integer.toString(kind));
    words.add(Long.toString(bound.limit()));
    words.add(Long.toString(bound.lengthMillis()));
    words.add(Long.toString(bound.room()));
    words.add(Long.toString(cost));
  }

  List<String> keys() {
    return keys;
  }

  List<String> words() {
    return words;
  }

  /** Where Redis has the count of a caller. */
  static String key(Meter meter, String caller) {
    return FORM + meter.name() + ':' + caller;
  }

  /**
   * What the answer says of each claim.
   *
   * @throws JedisDataException when it is no answer
   */
  static List<Count> counts(List<Claim> claims, Object reply) {
    if (!(reply instanceof List<?> numbers)) {
      throw new JedisDataException("an answer of another form");
    }
    List<Count> counts = new ArrayList<>(claims.size());
    int next = 0;
    for (Claim claim : claims) {
      List<Count> each = new ArrayList<>();
      for (Bound bound : claim.meter().bounds()) {
        if (next + NUMBERS > numbers.size()) {
          throw new JedisDataException("an answer of another form");
        }
        each.add(
            Count.of(
                number(numbers.get(next)) == 1,
                bound,
                number(numbers.get(next + 1)),
                number(numbers.get(next + 2)),
                number(numbers.get(next + 3))));
        next += NUMBERS;
      }
      counts.add(each.stream().reduce(Count::and).orElseThrow());
    }
    return counts;
  }

  /** A whole number that Redis answered. */
  static long number(Object value) {
    if (value instanceof Long number) {
      return number;
    }
    throw new JedisDataException("an answer of another form");
  }
}
