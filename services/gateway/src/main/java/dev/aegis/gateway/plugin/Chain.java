package dev.aegis.gateway.plugin;

import dev.aegis.gateway.http1.ResponseHead;
import dev.aegis.plugin.Ended;
import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Reply;
import dev.aegis.plugin.Request;
import dev.aegis.plugin.Verdict;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The filters of one route, phase by phase, folded when the snapshot is built. A phase in which
 * none takes part is null, so that it costs one look.
 */
public final class Chain {
  /** No filter at all. */
  public static final Chain NONE = new Chain(List.of(), false);

  private static final Link[] NOBODY = {};

  private final List<Link> links;
  private final Link @Nullable [] authorizing;
  private final Link @Nullable [] requests;
  private final Link @Nullable [] requestBodies;
  private final Link @Nullable [] replies;
  private final Link @Nullable [] replyBodies;
  private final Link @Nullable [] logs;
  private final Edit.Names requestNames = Edit.Names.reserving("");
  private final Edit.Names replyNames;

  private Chain(List<Link> links, boolean cors) {
    this.links = List.copyOf(links);
    this.authorizing = of(links, Phase.AUTHORIZE);
    this.requests = of(links, Phase.REQUEST);
    this.requestBodies = of(links, Phase.REQUEST_BODY);
    this.replies = of(links, Phase.REPLY);
    this.replyBodies = of(links, Phase.REPLY_BODY);
    this.logs = of(links, Phase.LOG);
    this.replyNames = Edit.Names.reserving(cors ? "access-control-" : "");
  }

  /**
   * Folds.
   *
   * @param links in their order
   * @param cors whether the route itself says which pages may use it
   */
  public static Chain of(List<Link> links, boolean cors) {
    return links.isEmpty() ? NONE : new Chain(links, cors);
  }

  private static Link @Nullable [] of(List<Link> links, Phase phase) {
    Link[] taking = links.stream().filter(link -> link.takesPart(phase)).toArray(Link[]::new);
    return taking.length == 0 ? null : taking;
  }

  /** All of them, in their order. */
  public List<Link> links() {
    return links;
  }

  /** Whether any takes part in this phase. */
  public boolean has(Phase phase) {
    return switch (phase) {
      case AUTHORIZE -> authorizing != null;
      case REQUEST -> requests != null;
      case REQUEST_BODY -> requestBodies != null;
      case REPLY -> replies != null;
      case REPLY_BODY -> replyBodies != null;
      case LOG -> logs != null;
    };
  }

  /** What comes of a phase. */
  public sealed interface Result {
    /** The request goes on. */
    Result PASSED = new Edited(null);

    /**
     * It goes on.
     *
     * @param edit what is changed, null for nothing
     */
    record Edited(@Nullable Edit edit) implements Result {}

    /** A plugin does not let it. */
    record Refused(Verdict.Refuse by) implements Result {}

    /** A plugin failed that must not. */
    record Failed() implements Result {}
  }

  /** Asks whether the request passes. */
  public Result authorize(LiveRequest request) {
    if (authorizing == null) {
      return Result.PASSED;
    }
    Views views = new Views(request);
    for (Link link : authorizing) {
      try {
        Request seen = views.of(link);
        Verdict verdict =
            link.call(Phase.AUTHORIZE, Filter.Authorizing.class, filter -> filter.authorize(seen));
        switch (verdict) {
          case Verdict.Refuse refuse -> {
            return new Result.Refused(refuse);
          }
          case Verdict.Pass pass -> {}
        }
      } catch (PluginFailed e) {
        if (!link.terms().open()) {
          return new Result.Failed();
        }
      }
    }
    return Result.PASSED;
  }

  /** Puts together what the upstream gets. */
  public Result request(LiveRequest request) {
    if (requests == null) {
      return Result.PASSED;
    }
    Views views = new Views(request);
    Edit edit = new Edit(requestNames);
    for (Link link : requests) {
      try {
        Edit own = edit.fresh();
        Request seen = views.of(link);
        edit.follow(
            link.call(
                Phase.REQUEST,
                Filter.EditingRequest.class,
                filter -> {
                  filter.editRequest(seen, own);
                  return own;
                }));
      } catch (PluginFailed e) {
        if (!link.terms().open()) {
          return new Result.Failed();
        }
      }
    }
    return new Result.Edited(edit);
  }

  /** Puts together what the caller gets. */
  public Result reply(LiveRequest request, ResponseHead head) {
    if (replies == null) {
      return Result.PASSED;
    }
    Views views = new Views(request);
    LiveRequest.LiveReply live = new LiveRequest.LiveReply(head);
    Reply copy = null;
    Edit edit = new Edit(replyNames);
    for (Link link : replies) {
      try {
        Edit own = edit.fresh();
        Request seen = views.of(link);
        if (copy == null && link.keeps()) {
          copy = live.copied();
        }
        Reply reply = copy == null || !link.keeps() ? live : copy;
        edit.follow(
            link.call(
                Phase.REPLY,
                Filter.EditingReply.class,
                filter -> {
                  filter.editReply(seen, reply, own);
                  return own;
                }));
      } catch (PluginFailed e) {
        if (!link.terms().open()) {
          return new Result.Failed();
        }
      }
    }
    return new Result.Edited(edit);
  }

  /** What the body of the request passes through, null when a plugin failed that must not. */
  public @Nullable BodyFlow requestBody(LiveRequest request) {
    BodyFlow flow = new BodyFlow(Phase.REQUEST_BODY);
    Views views = new Views(request);
    for (Link link : requestBodies == null ? NOBODY : requestBodies) {
      try {
        Request seen = views.of(link);
        flow.add(
            link.call(
                Phase.REQUEST_BODY,
                Filter.EditingRequestBody.class,
                filter -> new BodyFlow.Stage(link, filter.editRequestBody(seen), filter.holds())));
      } catch (PluginFailed e) {
        if (!link.terms().open()) {
          return null;
        }
      }
    }
    return flow;
  }

  /** What the body of a reply passes through, null when a plugin failed that must not. */
  public @Nullable BodyFlow replyBody(LiveRequest request, ResponseHead head) {
    BodyFlow flow = new BodyFlow(Phase.REPLY_BODY);
    Views views = new Views(request);
    Reply live = new LiveRequest.LiveReply(head);
    for (Link link : replyBodies == null ? NOBODY : replyBodies) {
      try {
        Request seen = views.of(link);
        Reply reply = link.keeps() ? new LiveRequest.LiveReply(head).copied() : live;
        flow.add(
            link.call(
                Phase.REPLY_BODY,
                Filter.EditingReplyBody.class,
                filter -> new BodyFlow.Stage(link, filter.editReplyBody(seen, reply), 0)));
      } catch (PluginFailed e) {
        if (!link.terms().open()) {
          return null;
        }
      }
    }
    return flow;
  }

  /** Tells who wants to know that the request has ended. */
  public void ended(LiveRequest request, Ended ended) {
    if (logs != null) {
      Request copy = request.copied();
      for (Link link : logs) {
        link.tell(copy, ended);
      }
    }
  }

  /** A request as the links see it; copied once, and only for those who need that. */
  private static final class Views {
    private final LiveRequest live;
    private @Nullable Request copy;

    Views(LiveRequest live) {
      this.live = live;
    }

    Request of(Link link) {
      if (!link.keeps()) {
        return live;
      }
      Request known = copy == null ? live.copied() : copy;
      copy = known;
      return known;
    }
  }
}
