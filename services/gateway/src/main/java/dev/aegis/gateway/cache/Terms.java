package dev.aegis.gateway.cache;

import dev.aegis.gateway.http1.Field;
import dev.aegis.gateway.http1.ResponseHead;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * On which terms a reply is kept (RFC 9111 sections 3 and 4.2), for a cache that many share, that
 * guesses nothing and asks nobody whether a reply is still good.
 *
 * @param lifetime how many seconds it is fresh, counted from its making
 * @param age how many of them were over when it came
 * @param withCredentials whether it may be given to who shows credentials (section 3.5)
 * @param varyBy names of the fields on which it depends, in lower case
 */
record Terms(long lifetime, long age, boolean withCredentials, List<String> varyBy) {
  private static final Set<Integer> STATUSES = Set.of(200, 203, 204, 300, 301, 308, 404, 410);
  private static final int MOST_NAMES = 16;

  Terms {
    varyBy = List.copyOf(varyBy);
  }

  /**
   * The terms of a reply, null when it is not kept.
   *
   * @param withCredentials whether the request had some
   * @param asked when the request was sent
   * @param answered when the reply's head was there
   */
  static @Nullable Terms of(
      ResponseHead head, boolean withCredentials, Instant asked, Instant answered) {
    Directives says = Directives.of(head);
    if (!STATUSES.contains(head.status())
        || says.noStore()
        || says.noCache()
        || says.ofOne()
        || head.value("set-cookie") != null
        || head.value("content-range") != null) {
      return null;
    }
    boolean forCredentials = says.ofAll() || says.mustRevalidate() || says.sharedMaxAge() >= 0;
    List<String> varyBy = varyBy(head.values("vary"));
    long lifetime = lifetime(head, says, answered);
    long age = age(head, asked, answered);
    if (withCredentials && !forCredentials || varyBy == null || lifetime <= age) {
      return null;
    }
    return new Terms(lifetime, age, forCredentials, varyBy);
  }

  /** What is said to be fresh (section 4.2.1), 0 without. */
  private static long lifetime(ResponseHead head, Directives says, Instant answered) {
    if (says.sharedMaxAge() >= 0) {
      return says.sharedMaxAge();
    }
    if (says.maxAge() >= 0) {
      return says.maxAge();
    }
    Instant expires = HttpDate.parse(head.values("expires"), answered);
    return expires == null ? 0 : Duration.between(made(head, answered), expires).toSeconds();
  }

  /** How old it was when it came (section 4.2.3). */
  private static long age(ResponseHead head, Instant asked, Instant answered) {
    long apparent = Duration.between(made(head, answered), answered).toSeconds();
    long onItsWay = Math.max(0, Duration.between(asked, answered).toSeconds());
    return Math.max(apparent, Directives.seconds(head.value("age")) + onItsWay);
  }

  private static Instant made(ResponseHead head, Instant answered) {
    Instant date = HttpDate.parse(head.value("date"), answered);
    return date == null ? answered : date;
  }

  /**
   * Names of {@code Vary}; null when nobody can tell what the reply depends on: on anything, or on
   * what Aegis says to the upstream and the caller does not.
   */
  private static @Nullable List<String> varyBy(@Nullable String vary) {
    List<String> names = new ArrayList<>();
    int at = 0;
    while (vary != null && at <= vary.length()) {
      int comma = vary.indexOf(',', at);
      int end = comma < 0 ? vary.length() : comma;
      String name = vary.substring(at, end).strip().toLowerCase(Locale.ROOT);
      if (name.equals("*") || Field.saidHere(name) || names.size() == MOST_NAMES) {
        return null;
      }
      if (!name.isEmpty() && !names.contains(name)) {
        names.add(name);
      }
      at = end + 1;
    }
    return names;
  }
}
