package dev.aegis.gateway.edge;

import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.http1.Body;
import dev.aegis.gateway.http1.LegFailure;
import dev.aegis.gateway.http1.ReplyTo;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.http1.Transformed;
import dev.aegis.gateway.pipeline.Refusal;
import dev.aegis.gateway.plugin.BodyFlow;
import dev.aegis.gateway.plugin.Chain;
import dev.aegis.gateway.plugin.LiveRequest;
import dev.aegis.gateway.upstream.Exchange;
import dev.aegis.plugin.Verdict;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The body of a request as its upstream gets it: as it came, or what plugins make of it. */
final class OutboundBody {
  private final CallerLeg leg;
  private final RequestHead head;
  private final Body came;
  private Body goes;
  private int length = OutboundHead.AS_IT_CAME;
  private boolean continued;
  private @Nullable BodyFlow flow;

  /**
   * @param leg of the caller
   * @param came as the caller sends it
   */
  OutboundBody(CallerLeg leg, RequestHead head, Body came) {
    this.leg = leg;
    this.head = head;
    this.came = came;
    this.goes = came;
  }

  /** The bytes that go on. */
  Body goes() {
    return goes;
  }

  /** Their number, or what {@link OutboundHead} calls it. */
  int length() {
    return length;
  }

  /** Whether the caller was told to send it, so that no upstream has to. */
  boolean continued() {
    return continued;
  }

  /** Bytes of it that were read, whatever was made of them. */
  long read(Exchange outcome) {
    return goes == came ? outcome.bytesIn() : came.taken();
  }

  /** Why plugins stopped it. */
  Refusal refusal() {
    Verdict.Refuse by = flow == null ? null : flow.refusal();
    return by == null ? new Refusal.PluginFailed() : Refusal.ByPlugin.of(by);
  }

  /** Puts what plugins make of the body in its place; null, or why there is none. */
  @Nullable Exchange edit(Chain chain, LiveRequest request, long most) throws IOException {
    BodyFlow begun = chain.requestBody(request);
    if (begun == null) {
      return stopped(Exchange.Fault.PLUGIN_FAILED, "a plugin failed before the body");
    }
    flow = begun;
    if (begun.holds() > 0) {
      return held(begun, Math.min(begun.holds(), most));
    }
    if (!begun.idle() && !came.done()) {
      goes = new Transformed(came, begun).body();
      length = OutboundHead.UNKNOWN;
    }
    return null;
  }

  /** Waits for the whole body first. */
  private @Nullable Exchange held(BodyFlow holding, long most) throws IOException {
    came.atMost(most);
    try {
      came.check();
      if (head.expectsContinue() && !came.done()) {
        ReplyTo to = leg.reply(head);
        to.out().put("HTTP/1.1 100 Continue");
        to.out().endLine();
        to.interim();
        continued = true;
      }
      byte[] all = came.all();
      byte[] edited = holding.whole(all);
      goes = Body.stored(edited);
      if (!Arrays.equals(all, edited) || came.length() < 0) {
        length = edited.length;
      }
      return null;
    } catch (Transformed.Stopped e) {
      return stopped(Exchange.Fault.PLUGIN_FAILED, String.valueOf(e.getMessage()));
    } catch (LegFailure e) {
      return stopped(Exchange.Fault.of(e), "in its body");
    } catch (BadMessage e) {
      return stopped(Exchange.Fault.of(e), e.detail());
    }
  }

  private static Exchange stopped(Exchange.Fault fault, String detail) {
    return Exchange.refused(fault, detail, Duration.ZERO);
  }
}
