package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.http1.ResponseHead;
import dev.aegis.gateway.tracing.Trace;
import dev.aegis.gateway.upstream.Exchange.Fault;
import dev.aegis.journal.UpstreamDefinition.Protocol;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One try to carry a request to one target: its seat there, its way there and back, and what it
 * says of the target in the end. Used by one thread at a time, but for {@link #cancel}.
 */
final class Attempt implements Wire.Dialing {
  private final Upstream upstream;
  private final Target target;
  private final boolean seated;
  private final boolean idle;
  private boolean rested;
  private boolean answered;
  private long began;
  private long nanos;
  private Standing standing = Standing.UNKNOWN;
  private volatile @Nullable TargetLeg leg;
  private volatile boolean cancelled;
  private Trace.@Nullable Attempt traced;
  private @Nullable SocketChannel dialed; // guarded by this

  private Attempt(Upstream upstream, Target target, boolean seated, boolean idle) {
    this.upstream = upstream;
    this.target = target;
    this.seated = seated;
    this.idle = idle;
  }

  /** Takes what comes before the final reply. */
  interface Interims {
    /** An interim reply has come; its head is void afterwards. */
    void came(ResponseHead head) throws IOException;
  }

  /**
   * Begins one, waiting for a seat; {@link #end} must follow.
   *
   * @param patience nanoseconds to wait at most
   * @param idle whether a connection that is there already will do
   * @return null if there was no seat in time
   */
  static @Nullable Attempt begin(Upstream upstream, Target target, long patience, boolean idle) {
    Seats.Answer seat = target.seats().take(upstream.bounds(), patience);
    if (seat == Seats.Answer.TURNED_AWAY) {
      return null;
    }
    target.begin();
    return new Attempt(upstream, target, seat == Seats.Answer.SEATED, idle);
  }

  Target target() {
    return target;
  }

  /** Notes it in {@code trace}, if there is one. */
  void noteIn(@Nullable Trace trace) {
    if (trace != null) {
      traced = trace.begin(upstream.id(), target.authority());
    }
  }

  /** Whether it went over a connection that had rested, and may have ended meanwhile. */
  boolean rested() {
    return rested;
  }

  /** Whether the target has begun to answer. */
  boolean answered() {
    return answered;
  }

  /** From the request's first byte to the end of the reply's head, once that is there. */
  long nanos() {
    return nanos;
  }

  /** Status of the reply whose head has come. */
  int status() {
    return leg().head.status();
  }

  TargetLeg leg() {
    TargetLeg there = leg;
    if (there == null) {
      throw new IllegalStateException("There is no connection yet");
    }
    return there;
  }

  /**
   * Finds a way to the target.
   *
   * @param bound on making a new one
   */
  void open(Protocol protocol, Duration bound, Deadlines deadlines) throws Failed {
    TargetLeg there = idle ? target.take(protocol, deadlines) : null;
    rested = there != null;
    try {
      leg = there != null ? there : target.open(protocol, bound, deadlines, this);
    } catch (IOException e) {
      throw failed(Failed.unreached(e));
    }
  }

  @Override
  public synchronized void begins(SocketChannel channel) {
    dialed = channel;
    if (cancelled) {
      hangUp(channel);
    }
  }

  @Override
  public synchronized void ends() {
    dialed = null;
  }

  /** Sends the request, or what there is of it, blocking. */
  void send(Message message) throws IOException {
    TargetLeg there = leg();
    if (cancelled) {
      there.close();
      throw new IOException("it was given up");
    }
    began = System.nanoTime();
    Trace.Attempt noted = traced;
    message.sendBy(there, noted == null ? 0 : noted.span());
    if (cancelled) {
      there.close(); // it came before there was anything to be ended
    }
  }

  /** Waits for the head of the final reply. */
  void await(Interims interims) throws IOException, BadMessage {
    TargetLeg there = leg();
    ResponseHead head = there.head;
    there.input().letOthersFirst();
    try {
      while (true) {
        if (!head.read(there.input())) {
          throw new BadMessage(BadMessage.Kind.INCOMPLETE, "none came before the connection ended");
        }
        if (!head.interim() || head.status() == 101) {
          nanos = System.nanoTime() - began;
          rested = false;
          Trace.Attempt noted = traced;
          if (noted != null) {
            noted.replied(head.status());
          }
          return;
        }
        answered = true;
        interims.came(head);
      }
    } catch (BadMessage e) {
      answered |= e.kind() != BadMessage.Kind.INCOMPLETE;
      throw e;
    }
  }

  /** Ends it from another thread: whoever waits for the target is woken, and nothing is said. */
  void cancel() {
    cancelled = true;
    synchronized (this) {
      if (dialed != null) {
        hangUp(dialed);
      }
    }
    close();
  }

  private static void hangUp(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // Closed is what it was to become.
    }
  }

  /** Ends the way to the target. */
  void close() {
    TargetLeg there = leg;
    if (there != null) {
      there.close();
    }
  }

  /** It has failed, for this reason, and is closed. */
  Failed failed(Failed why) {
    TargetLeg there = leg;
    answered |= there != null && there.input().available() > 0;
    close();
    // That an idle connection was stale says nothing of its target, nor does what was cancelled.
    boolean stale = rested && why.fault() == Fault.UPSTREAM_FAILED;
    standing = stale || cancelled ? Standing.UNKNOWN : Standing.of(why.fault());
    Trace.Attempt noted = traced;
    if (noted != null) {
      noted.failed(cancelled ? "cancelled" : why.fault().word());
    }
    return why;
  }

  /** This is what it says of the target. */
  void says(Standing said) {
    standing = said;
  }

  /** The caller's side has ended it so, whatever it looked like here. */
  void endedBy(Failed caller) {
    standing = Standing.of(caller.fault());
    Trace.Attempt noted = traced;
    if (noted != null) {
      noted.failed(caller.fault().word());
    }
  }

  /** It is over: others may have its seat. */
  void end() {
    target.end();
    if (seated) {
      target.seats().leave(upstream.bounds());
    }
    long now = System.nanoTime();
    upstream.ended(target, standing, now);
    Trace.Attempt noted = traced;
    if (noted != null) {
      noted.ended(now);
    }
  }
}
