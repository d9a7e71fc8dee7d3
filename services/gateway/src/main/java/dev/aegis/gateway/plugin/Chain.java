package dev.aegis.gateway.plugin;

import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.http1.ResponseHead;
import dev.aegis.plugin.Ended;
import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Refused;
import dev.aegis.plugin.Reply;
import dev.aegis.plugin.Request;
import dev.aegis.plugin.Rewrite;
import dev.aegis.plugin.Verdict;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The filters of one route, phase by phase, folded when the snapshot is built. A phase in which
 * none takes part costs one look.
 */
public final class Chain {
  /** No filter at all. */
  public static final Chain NONE = new Chain(List.of(), false);

  private static final Link[] NOBODY = {};

  private static final String TOO_MUCH = "with those before it, it changes more than is allowed";

  private final List<Link> links;
  private final Map<Phase, Link[]> taking = new EnumMap<>(Phase.class);
  private final Edit.Names requestNames = Edit.Names.reserving("");
  private final Edit.Names replyNames;
  private final Edit.Names refusalNames;

  private Chain(List<Link> links, boolean cors) {
    this.links = List.copyOf(links);
    for (Phase phase : Phase.values()) {
      Link[] those = links.stream().filter(link -> link.takesPart(phase)).toArray(Link[]::new);
      if (those.length > 0) {
        taking.put(phase, those);
      }
    }
    this.refusalNames = RefusalEdit.names(cors ? "access-control-" : "");
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

  /** All of them, in their order. */
  public List<Link> links() {
    return links;
  }

  /** Whether any takes part in this phase. */
  public boolean has(Phase phase) {
    return taking.containsKey(phase);
  }

  /** Those that take part in this phase, in their order. */
  Link[] taking(Phase phase) {
    return taking.getOrDefault(phase, NOBODY);
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

  /** Asks whether the request passes, after roles. */
  public Result authorize(LiveRequest request) {
    return verdict(
        Phase.AUTHORIZE, Filter.Authorizing.class, Filter.Authorizing::authorize, request);
  }

  /** Asks whether the request passes, after limits. */
  public Result admit(LiveRequest request) {
    return verdict(Phase.ADMIT, Filter.Admitting.class, Filter.Admitting::admit, request);
  }

  private <F extends Filter> Result verdict(
      Phase phase, Class<F> type, BiFunction<F, Request, Verdict> asked, LiveRequest request) {
    Views views = new Views(request);
    for (Link link : taking(phase)) {
      try {
        Request seen = views.of(link);
        Verdict verdict = link.call(phase, type, filter -> asked.apply(filter, seen));
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
    Views views = new Views(request);
    Edit edit = new Edit(requestNames);
    for (Link link : taking(Phase.REQUEST)) {
      try {
        Edit own = edit.fresh();
        Request seen = views.of(link);
        follow(
            edit,
            link,
            Phase.REQUEST,
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

  /** Adds what one of them says, as a whole or, where all are too much together, not at all. */
  private static void follow(Edit edit, Link link, Phase phase, Edit said) throws PluginFailed {
    if (!edit.follow(said)) {
      throw link.missed(phase, TOO_MUCH);
    }
  }

  /** Puts together what the caller gets. */
  public Result reply(LiveRequest request, ResponseHead head) {
    Views views = new Views(request);
    LiveRequest.LiveReply live = new LiveRequest.LiveReply(head);
    Reply copy = null;
    Edit edit = new Edit(replyNames);
    for (Link link : taking(Phase.REPLY)) {
      try {
        Edit own = edit.fresh();
        Request seen = views.of(link);
        if (copy == null && link.keeps()) {
          copy = live.copied();
        }
        Reply reply = copy == null || !link.keeps() ? live : copy;
        follow(
            edit,
            link,
            Phase.REPLY,
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
    for (Link link : taking(Phase.REQUEST_BODY)) {
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
    for (Link link : taking(Phase.REPLY_BODY)) {
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

  /**
   * Which path the request is for. A request that is too long to be rewritten goes nowhere, also
   * where a plugin may fail: its caller would choose whether it is asked for.
   *
   * @return its head, another one if that changes, null when a plugin failed that must not
   */
  public @Nullable RequestHead rewrite(LiveRequest request) {
    LiveRequest goes = request;
    for (Link link : taking(Phase.REWRITE)) {
      try {
        Request seen = new Views(goes).of(link);
        Rewrite rewrite =
            link.call(
                Phase.REWRITE,
                Filter.Rewriting.class,
                filter ->
                    switch (filter.rewrite(seen)) {
                      case Rewrite.To(String path, String query) -> {
                        RequestHead.checkTarget(path, query);
                        yield new Rewrite.To(path, query);
                      }
                      case Rewrite.AsItCame same -> same;
                    });
        if (rewrite instanceof Rewrite.To(String path, String query)) {
          goes = goes.with(goes.head().rewritten(path, query));
        }
      } catch (IllegalArgumentException e) { // a good path, but too long beside this header
        PluginFailed _ = link.missed(Phase.REWRITE, String.valueOf(e.getMessage()));
        return null;
      } catch (PluginFailed e) {
        if (!link.terms().open()) {
          return null;
        }
      }
    }
    return goes.head();
  }

  /** How the caller is told of a refusal, null as Aegis says it. */
  public @Nullable RefusalEdit refusal(LiveRequest request, Refused refused) {
    RefusalEdit edit = null;
    Views views = new Views(request);
    for (Link link : taking(Phase.REFUSAL)) {
      RefusalEdit own = new RefusalEdit(refusalNames);
      try {
        Request seen = views.of(link);
        RefusalEdit said =
            link.call(
                Phase.REFUSAL,
                Filter.EditingRefusal.class,
                filter -> {
                  filter.editRefusal(seen, refused, own);
                  return own;
                });
        if (edit == null) {
          edit = said;
        } else if (!edit.follow(said)) {
          throw link.missed(Phase.REFUSAL, TOO_MUCH);
        }
      } catch (PluginFailed e) {
        // The link has told of it; whoever is refused must not wait for more.
      }
    }
    return edit;
  }

  /** Tells who wants to know that the request has ended. */
  public void ended(LiveRequest request, Ended ended) {
    Request copy = request.copied();
    for (Link link : taking(Phase.LOG)) {
      link.tell(copy, ended);
    }
  }
}
