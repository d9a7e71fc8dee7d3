package dev.aegis.gateway.tracing;

import dev.aegis.tracing.TraceContext;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The trace of one request while it is under way: ids and times, from which spans are made when it
 * is over, if they are. Used by one thread at a time.
 */
public final class Trace {
  private final String id;
  private final @Nullable String parent;
  private final int flags;
  private final long server = TraceContext.newSpanId();
  private final long slowNanos;
  private final long startedNanos;
  private long announced;
  private @Nullable Attempt last;
  private int attempts;

  /**
   * @param parent the caller's span, null when the trace begins here
   * @param flags as they are sent on
   * @param slowNanos when a request is slow
   * @param startedNanos when it began
   */
  Trace(String id, @Nullable String parent, int flags, long slowNanos, long startedNanos) {
    this.id = id;
    this.parent = parent;
    this.flags = flags;
    this.slowNanos = slowNanos;
    this.startedNanos = startedNanos;
  }

  /** The trace id. */
  public String id() {
    return id;
  }

  /** The caller's span, null when the trace begins here. */
  public @Nullable String parent() {
    return parent;
  }

  /** When it began, on the monotonic clock. */
  public long startedNanos() {
    return startedNanos;
  }

  /** The request's own place. */
  public TraceContext here() {
    return at(server);
  }

  /** The place of another span, with what was decided at the beginning. */
  public TraceContext at(long span) {
    return new TraceContext(id, TraceContext.digits(span), flags);
  }

  /** Whether the caller named it, so that what it says besides goes on. */
  public boolean continued() {
    return parent != null;
  }

  /**
   * Whether it is kept, now that the request is over: because that was decided at its beginning, or
   * because it is worth it. A WebSocket is not slow for being open.
   */
  public boolean kept(int status, long nanos) {
    return (flags & TraceContext.SAMPLED) != 0
        || status >= 500
        || nanos >= slowNanos && status != 101;
  }

  /** The span that the next {@link #begin} has, to be written down before. */
  public long announce() {
    if (announced == 0) {
      announced = TraceContext.newSpanId();
    }
    return announced;
  }

  /** An attempt to have the request carried by {@code target} begins. */
  public Attempt begin(String upstream, String target) {
    long span = announced == 0 ? TraceContext.newSpanId() : announced;
    announced = 0;
    attempts++;
    last = new Attempt(span, upstream, target, last);
    return last;
  }

  /** How many attempts have begun. */
  public int attemptCount() {
    return attempts;
  }

  /** All attempts, in the order in which they began. */
  public Iterable<Attempt> attempts() {
    Deque<Attempt> all = new ArrayDeque<>();
    for (Attempt each = last; each != null; each = each.before) {
      all.addFirst(each);
    }
    return all;
  }

  /** One call of a target. What is not known is 0 or null. */
  public static final class Attempt {
    private final long span;
    private final String upstream;
    private final String target;
    private final @Nullable Attempt before;
    private final long beganNanos = System.nanoTime();
    // A hedge that lost may still be ending when its request is over already.
    private volatile long endedNanos;
    private volatile int status;
    private volatile @Nullable String fault;

    Attempt(long span, String upstream, String target, @Nullable Attempt before) {
      this.span = span;
      this.upstream = upstream;
      this.target = target;
      this.before = before;
    }

    /** Id of its span. */
    public long span() {
      return span;
    }

    /** Id of the upstream. */
    public String upstream() {
      return upstream;
    }

    /** Authority of the target. */
    public String target() {
      return target;
    }

    /** When it began, on the monotonic clock. */
    public long beganNanos() {
      return beganNanos;
    }

    /** When it ended, 0 when it has not. */
    public long endedNanos() {
      return endedNanos;
    }

    /** Status of the final reply, 0 when there was none. */
    public int status() {
      return status;
    }

    /** What went wrong, in lower case, or null. */
    public @Nullable String fault() {
      return fault;
    }

    /** The head of the final reply has come. */
    public void replied(int with) {
      status = with;
    }

    /** It has failed. */
    public void failed(String why) {
      fault = why;
    }

    /** It is over. */
    public void ended(long nanos) {
      endedNanos = nanos;
    }
  }
}
