package dev.aegis.gateway.cache;

import dev.aegis.gateway.http1.RequestHead;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A whole reply, and for which requests it is good. */
final class StoredReply {
  private static final int OVERHEAD = 512;

  private final String scope;
  private final String origin;
  private final Terms terms;
  private final List<@Nullable String> varyValues;
  private final long storedNanos;
  private final int status;
  private final @Nullable String tag;
  private final @Nullable Instant modified;
  private final byte[] message;

  /**
   * @param varyValues what the request had in the fields that {@code terms} names
   * @param storedNanos when the reply came, on the monotonic clock
   * @param tag its {@code ETag}
   * @param modified its {@code Last-Modified}
   * @param message head and body
   */
  StoredReply(
      Question question,
      Terms terms,
      List<@Nullable String> varyValues,
      long storedNanos,
      int status,
      @Nullable String tag,
      @Nullable Instant modified,
      byte[] message) {
    this.scope = question.plan().scope();
    this.origin = question.origin();
    this.terms = terms;
    this.varyValues = varyValues;
    this.storedNanos = storedNanos;
    this.status = status;
    this.tag = tag;
    this.modified = modified;
    this.message = message;
  }

  byte[] message() {
    return message;
  }

  /** Bytes that it takes. */
  int weight() {
    int weight = OVERHEAD + scope.length() + origin.length() + message.length;
    for (String value : varyValues) {
      weight += value == null ? 0 : value.length();
    }
    return weight;
  }

  /** Age in seconds (RFC 9111 section 4.2.3). */
  long age(long nanos) {
    return terms.age() + Math.max(0, nanos - storedNanos) / 1_000_000_000;
  }

  boolean fresh(long nanos) {
    return terms.lifetime() > age(nanos);
  }

  /** How many nanoseconds it stays fresh, 0 or less when it is not. */
  long freshFor(long nanos) {
    return (terms.lifetime() - terms.age()) * 1_000_000_000 - Math.max(0, nanos - storedNanos);
  }

  /** Whether the reply to this request would have been it (RFC 9111 section 4.1). */
  boolean answers(Question question) {
    if (!scope.equals(question.plan().scope()) || !origin.equals(question.origin())) {
      return false;
    }
    for (int i = 0; i < varyValues.size(); i++) {
      String value = question.head().aliasedValues(terms.varyBy().get(i));
      if (!Objects.equals(varyValues.get(i), value)) {
        return false;
      }
    }
    return true;
  }

  /** Whether it may be given to who asks (RFC 9111 sections 3.5 and 5.2.1). */
  boolean suits(Question question, Directives wants, long nanos) {
    long age = age(nanos);
    return (!question.withCredentials() || terms.withCredentials())
        && (wants.maxAge() < 0 || age <= wants.maxAge())
        && terms.lifetime() - age > Math.max(0, wants.minFresh());
  }

  /** Whether it would take the place of {@code other}. */
  boolean replaces(StoredReply other) {
    return scope.equals(other.scope)
        && origin.equals(other.origin)
        && terms.varyBy().equals(other.terms.varyBy())
        && varyValues.equals(other.varyValues);
  }

  /** What {@code head} has in the fields of these names. */
  static List<@Nullable String> values(RequestHead head, List<String> names) {
    List<@Nullable String> values = new ArrayList<>();
    names.forEach(name -> values.add(head.aliasedValues(name)));
    return values;
  }

  /** Whether the caller has it already (RFC 9110 sections 13.1.2, 13.1.3 and 13.2.2). */
  boolean known(RequestHead head, Instant now) {
    if (status < 200 || status > 299) {
      return false;
    }
    String tags = head.values("if-none-match");
    if (tags != null) {
      return tags.strip().equals("*") || tag != null && names(tags, opaque(tag));
    }
    Instant since = HttpDate.parse(head.values("if-modified-since"), now);
    return since != null && modified != null && !modified.isAfter(since);
  }

  /** Whether a list of tags has this one, by the weak comparison (section 8.8.3.2). */
  private static boolean names(String tags, String opaque) {
    int at = 0;
    while (at < tags.length()) {
      int open = tags.indexOf('"', at);
      int close = open < 0 ? -1 : tags.indexOf('"', open + 1);
      if (close < 0) {
        return false;
      }
      if (close + 1 - open == opaque.length() && tags.startsWith(opaque, open)) {
        return true;
      }
      at = close + 1;
    }
    return false;
  }

  private static String opaque(String tag) {
    return tag.startsWith("W/") ? tag.substring(2) : tag;
  }
}
