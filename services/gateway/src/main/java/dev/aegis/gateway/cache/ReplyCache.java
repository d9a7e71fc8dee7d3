package dev.aegis.gateway.cache;

import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.http1.Body;
import dev.aegis.gateway.http1.Field;
import dev.aegis.gateway.http1.FieldNames;
import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.Output;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.http1.ResponseHead;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Replies that are good for more than one request (RFC 9111), in the memory of this gateway.
 *
 * <p>What was kept for one tenant, route, upstream, scheme or authority is given to no other. A
 * reply that was asked for before its resource was changed is not kept after it.
 */
public final class ReplyCache {
  private static final int MOST_VARIANTS = 16;
  private static final int STAMPS = 1024;
  private static final Set<Field> LENGTH = EnumSet.of(Field.CONTENT_LENGTH);

  /** What speaks of one hop, or is said anew each time (sections 3.1 and 5.1). */
  private static final FieldNames NOT_KEPT =
      new FieldNames(List.of("age", "proxy-authenticate", "proxy-authentication-info"));

  /** Fields of a request that are about a part, or a condition that only the upstream can tell. */
  private static final List<String> BEYOND =
      List.of("range", "if-match", "if-unmodified-since", "if-range");

  private final InstantSource clock;
  private final LongSupplier nanos;
  private final Shelves kept;
  private final AtomicIntegerArray stamps = new AtomicIntegerArray(STAMPS);
  private final AtomicLong room;
  private volatile boolean asked;

  /**
   * @param maxBytes most bytes that are kept, shared equally by the tenants that have more; a
   *     quarter of them may be on their way in besides
   * @param clock for the times that replies say
   * @param nanos the monotonic clock, for how long they are here
   */
  public ReplyCache(long maxBytes, InstantSource clock, LongSupplier nanos) {
    this.clock = clock;
    this.nanos = nanos;
    this.room = new AtomicLong(maxBytes / 4);
    this.kept = new Shelves(maxBytes, nanos);
  }

  /** Answers a request that was admitted. */
  public Answer ask(Question question) {
    asked = true;
    RequestHead head = question.head();
    if (!head.method().equals("GET") && !head.method().equals("HEAD")) {
      return new Answer.Bypass();
    }
    Directives wants = Directives.of(head);
    Answer otherwise =
        beyond(head) || wants.noStore()
            ? new Answer.Bypass()
            : new Answer.Miss(stamps.get(slot(question.resource())), clock.instant());
    if (otherwise instanceof Answer.Miss && !wants.noCache()) {
      long now = nanos.getAsLong();
      StoredReply found = find(question, now);
      if (found != null && found.suits(question, wants, now)) {
        boolean known = found.known(head, clock.instant());
        return new Answer.Hit(found.message(), found.age(now), known);
      }
    }
    return wants.onlyIfCached() ? new Answer.NotKept() : otherwise;
  }

  private static boolean beyond(RequestHead head) {
    if (head.hasBody() || head.asksForWebSocket()) {
      return true;
    }
    for (String name : BEYOND) {
      if (head.value(name) != null) {
        return true;
      }
    }
    return false;
  }

  private @Nullable StoredReply find(Question question, long now) {
    for (StoredReply each : kept.find(question.resource())) { // the newest first
      if (each.fresh(now) && each.answers(question)) {
        return each;
      }
    }
    return null;
  }

  /** What was kept of {@code resource} is void: an unsafe request changed it (section 4.4). */
  public void invalidate(Resource resource) {
    if (asked) {
      stamps.incrementAndGet(slot(resource));
      kept.remove(resource);
    }
  }

  /** Forgets what is no longer fresh, and all that was kept for other tenants than these. */
  public void keepOnly(Set<String> tenants) {
    kept.keepOnly(tenants);
  }

  /** Bytes of all that is kept. */
  long bytes() {
    return kept.bytes();
  }

  private static int slot(Resource resource) {
    int hash = resource.hashCode();
    return (hash ^ hash >>> 16) & STAMPS - 1;
  }

  /**
   * Begins to keep the reply to a request that was missed; null when it may not be kept.
   *
   * @param head of the reply, as it came
   * @param body of the reply, nothing of it taken yet
   */
  public @Nullable Gathering gather(
      Question question, Answer.Miss miss, ResponseHead head, Body body) {
    if (!question.head().method().equals("GET")
        || body.untilClose() // where it was cut off, nobody can tell (RFC 9112 section 8)
        || body.length() > question.plan().maxEntryBytes()) {
      return null;
    }
    Instant answered = clock.instant();
    Terms terms = Terms.of(head, question.withCredentials(), miss.asked(), answered);
    return terms == null ? null : new Gathering(question, miss, terms, head, answered);
  }

  private void put(Gathering gathered, StoredReply reply) {
    Resource resource = gathered.question.resource();
    kept.change(
        resource,
        variants -> {
          if (stamps.get(slot(resource)) != gathered.miss.stamp()) {
            return variants;
          }
          List<StoredReply> next = new ArrayList<>();
          next.add(reply);
          for (StoredReply each : variants) {
            if (next.size() < MOST_VARIANTS
                && !reply.replaces(each)
                && each.fresh(gathered.nanos)) {
              next.add(each);
            }
          }
          return List.copyOf(next);
        });
  }

  /** A reply on its way to being kept, by the thread that passes it on. */
  public final class Gathering implements Body.Copy, AutoCloseable {
    private final Question question;
    private final Answer.Miss miss;
    private final Terms terms;
    private final List<@Nullable String> varyValues;
    private final long nanos = ReplyCache.this.nanos.getAsLong();
    private final int status;
    private final @Nullable String tag;
    private final @Nullable Instant modified;
    private final Lines lines = new Lines();
    private byte[] body = {};
    private int length;
    private long taken;
    private boolean dropped;

    private Gathering(
        Question question, Answer.Miss miss, Terms terms, ResponseHead head, Instant answered) {
      this.question = question;
      this.miss = miss;
      this.terms = terms;
      this.varyValues = StoredReply.values(question.head(), terms.varyBy());
      this.status = head.status();
      this.tag = head.value("etag");
      this.modified = HttpDate.parse(head.value("last-modified"), answered);
      head.copyStatusLine(lines);
      head.copyLines(lines, LENGTH, NOT_KEPT);
      if (head.value("date") == null) {
        lines.header("Date", HttpDate.text(answered)); // RFC 9110 section 6.6.1
      }
    }

    @Override
    public void add(byte[] bytes, int from, int count) {
      int needed = length + count;
      if (dropped || needed > question.plan().maxEntryBytes()) {
        drop();
        return;
      }
      if (needed > body.length) {
        int larger = Math.max(needed, Math.min(body.length * 2, question.plan().maxEntryBytes()));
        if (!take(larger - body.length)) {
          drop();
          return;
        }
        body = Arrays.copyOf(body, larger);
      }
      System.arraycopy(bytes, from, body, length, count);
      length = needed;
    }

    private boolean take(long more) {
      long left = room.get();
      while (left >= more) {
        long seen = room.compareAndExchange(left, left - more);
        if (seen == left) {
          taken += more;
          return true;
        }
        left = seen;
      }
      return false;
    }

    private void drop() {
      dropped = true;
      close();
    }

    /** Keeps it: all of it has been passed on. */
    public void keep() {
      if (dropped) {
        return;
      }
      byte[] message = lines.message(status == 204 ? -1 : length, body, length);
      if (readable(message)) {
        put(
            this,
            new StoredReply(question, terms, varyValues, nanos, status, tag, modified, message));
      }
    }

    /** Gives back the room that it took. */
    @Override
    public void close() {
      body = new byte[0];
      length = 0;
      room.addAndGet(taken);
      taken = 0;
    }
  }

  /** Whether a head with our own lines in it is still within the bounds of one. */
  private static boolean readable(byte[] message) {
    try {
      return new ResponseHead().read(Input.stored(message));
    } catch (BadMessage | IOException e) {
      return false; // it is passed on, and not kept
    }
  }

  /** The head of a reply, as it is kept. */
  private static final class Lines extends Output {
    Lines() {
      super(512, Integer.MAX_VALUE);
    }

    /** All of it with a body, whose length is said unless it is negative. */
    byte[] message(int said, byte[] body, int length) {
      if (said >= 0) {
        header("Content-Length", Integer.toString(said));
      }
      endLine();
      byte[] message = Arrays.copyOf(gathered(), pending() + length);
      System.arraycopy(body, 0, message, pending(), length);
      return message;
    }

    @Override
    protected void send(byte[] bytes, int from, int count) {
      throw new IllegalStateException("A reply is kept whole");
    }
  }
}
