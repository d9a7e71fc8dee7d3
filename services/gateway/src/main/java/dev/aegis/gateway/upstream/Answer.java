package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.http1.Body;
import dev.aegis.gateway.http1.BrokenBody;
import dev.aegis.gateway.http1.Field;
import dev.aegis.gateway.http1.FieldNames;
import dev.aegis.gateway.http1.Gzipped;
import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.ReplyTo;
import dev.aegis.gateway.http1.ResponseHead;
import dev.aegis.gateway.http1.Transformed;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/** The reply to one request on its way to the caller, wherever it comes from. */
final class Answer implements Attempt.Interims {
  private static final byte[] NOTHING = {};

  /** The form in which replies are stored. */
  private static final String STORED = "1.1";

  /** What a reply without the body has no need to say of it. */
  private static final List<String> OF_THE_BODY =
      List.of("Content-Type", "Content-Encoding", "Content-Language", "Content-Range");

  private final Outbound outbound;
  private final Semaphore squeezes;
  private boolean continued;
  private int status;
  private @Nullable Body reply;
  private @Nullable Body sent;
  private @Nullable Tunnel tunnel;

  /**
   * @param squeezes one of which each compressed reply takes while it is under way
   */
  Answer(Outbound outbound, Semaphore squeezes) {
    this.outbound = outbound;
    this.squeezes = squeezes;
  }

  /** Status of the reply that the caller gets, 0 before there is one. */
  int status() {
    return status;
  }

  /** The reply's body as it comes from the target, null before there is one. */
  @Nullable Body reply() {
    return reply;
  }

  /** What HTTP has ended in, null while it has not. */
  @Nullable Tunnel tunnel() {
    return tunnel;
  }

  /** Bytes of the body that the caller was sent. */
  long bytesOut() {
    Body known = sent;
    return known == null ? 0 : known.taken();
  }

  /** Passes an interim reply on, if the caller takes it (RFC 9110 section 15.2). */
  @Override
  public void came(ResponseHead head) throws IOException {
    ReplyTo to = outbound.caller();
    if (to.takesInterim() && (head.status() != 100 || outbound.expectsContinue())) {
      head.copyStatusLine(to.out());
      head.copyLines(to.out(), replaced(true), outbound.removed());
      to.interim();
      continued |= head.status() == 100;
    }
  }

  /** What of the reply's head stays here: a length too, where there cannot be a body. */
  private Set<Field> replaced(boolean bodiless) {
    if (!bodiless) {
      return outbound.replaced();
    }
    Set<Field> more = EnumSet.copyOf(outbound.replaced());
    more.add(Field.CONTENT_LENGTH);
    return more;
  }

  /** Ends HTTP on both legs (RFC 9110 section 7.8): what follows is passed on unread. */
  void switchProtocols(TargetLeg leg) throws IOException, BadMessage {
    ResponseHead head = leg.head;
    Outbound.Beyond beyond = outbound.beyond();
    if (beyond == null || !head.switchesToWebSocket() || !(leg instanceof Connection connection)) {
      throw new BadMessage(BadMessage.Kind.MALFORMED, "it switches protocols unasked");
    }
    status = head.status();
    ReplyTo to = outbound.caller();
    head.copyStatusLine(to.out());
    head.copyLines(to.out(), replaced(true), outbound.removed());
    beyond.fields();
    to.interim();
    leg.headRead(false, 0); // the request is over, and its bounds with it
    Tunnel between = new Tunnel(connection, beyond, to.out());
    tunnel = between;
    between.run();
  }

  /**
   * Gives the caller a reply that is there already.
   *
   * @param message head and body, as they came over HTTP/1.1
   * @param notModified whether the caller has it, and needs to be told no more
   */
  void give(byte[] message, boolean notModified) throws IOException, BadMessage, Failed {
    Input stored = Input.stored(message);
    ResponseHead head = new ResponseHead();
    if (!head.read(stored)) {
      throw new BadMessage(BadMessage.Kind.INCOMPLETE, "nothing is stored");
    }
    if (notModified) {
      unchanged(head, stored);
      return;
    }
    Body passing = Body.of(head, outbound.method(), stored);
    passing.atMost(outbound.mostReplyBytes());
    passing.check();
    passOn(head, passing, STORED);
  }

  /** Says that the caller has it already (RFC 9110 section 15.4.5). */
  private void unchanged(ResponseHead head, Input stored) throws IOException, Failed {
    mayPass(head);
    ReplyTo to = outbound.caller();
    reply = Body.none(stored);
    status = 304;
    to.out().put("HTTP/1.1 304 Not Modified");
    to.out().endLine();
    head.copyLines(to.out(), replaced(true), outbound.removed().with(OF_THE_BODY));
    outbound.replyFields(false, STORED);
    to.begin(0);
    to.end(NOTHING);
  }

  /** Passes on the reply whose head has come over {@code leg}, blocking until it is through. */
  void passOn(TargetLeg leg) throws IOException, BadMessage, Failed {
    ResponseHead head = leg.head;
    Body passing = Body.of(head, outbound.method(), leg.input());
    Body.Copy copy = outbound.replied(head, passing);
    if (copy != null) {
      passing.copyTo(copy);
    }
    passing.atMost(outbound.mostReplyBytes());
    passing.check();
    passOn(head, passing, leg.protocol());
  }

  private void mayPass(ResponseHead head) throws Failed {
    if (!outbound.passing(head)) {
      throw new Failed(Exchange.Fault.PLUGIN_FAILED, "a plugin failed on the reply");
    }
  }

  private void passOn(ResponseHead head, Body passing, String protocol)
      throws IOException, BadMessage, Failed {
    mayPass(head);
    ReplyTo to = outbound.caller();
    reply = passing;
    status = head.status();
    Transformed.By by = outbound.edited(head);
    Body goes = by == null || passing.done() ? passing : new Transformed(passing, by).body();
    FieldNames removed =
        by == null ? outbound.removed() : outbound.removed().with(Squeeze.OF_THE_BYTES);
    head.copyStatusLine(to.out());
    Squeeze squeeze = goes.done() || !to.framesAll() ? null : outbound.squeeze();
    try {
      if (squeeze != null && squeeze.suits(head, goes.length()) && squeezes.tryAcquire()) {
        squeezed(head, goes, squeeze, protocol);
        return;
      }
      head.copyLines(to.out(), replaced(by != null || status == 204), removed);
      passOn(to, goes, protocol);
    } catch (BrokenBody e) {
      throw e.why();
    } catch (Transformed.Stopped e) {
      throw new Failed(Exchange.Fault.PLUGIN_FAILED, String.valueOf(e.getMessage()));
    }
  }

  private void squeezed(ResponseHead head, Body goes, Squeeze squeeze, String protocol)
      throws IOException, BadMessage {
    ReplyTo to = outbound.caller();
    try (Gzipped gzipped = new Gzipped(goes)) {
      head.copyLines(to.out(), replaced(true), squeeze.removed(outbound.removed()));
      squeeze.fields(head, to.out());
      passOn(to, gzipped.body(), protocol);
    } finally {
      squeezes.release();
    }
  }

  private void passOn(ReplyTo to, Body passing, String protocol) throws IOException, BadMessage {
    // What follows a body that nobody asked for may be it or the next request: nobody can tell.
    boolean unasked = outbound.expectsContinue() && !continued && !outbound.body().done();
    boolean unframed = passing.length() < 0 && !to.framesAll();
    outbound.replyFields(unframed || unasked, protocol);
    to.begin(passing.length());
    sent = passing;
    to.relay(passing);
  }
}
