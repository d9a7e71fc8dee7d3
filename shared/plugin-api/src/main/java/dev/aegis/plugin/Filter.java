package dev.aegis.plugin;

import java.util.List;

/**
 * The form of a plugin in which it runs on requests: one configuration of one tenant. It implements
 * the interfaces of the phases that it takes part in, and no others; each costs.
 *
 * <p>Its methods are called by many threads at once. A request that began with it ends with it,
 * also when it has been replaced meanwhile.
 */
public interface Filter extends AutoCloseable {
  /**
   * Takes part in deciding which connections are served: before anything is read of one, over TLS
   * before the handshake. A plugin with such a filter says {@link Plugin#narrowest} {@code
   * INSTALLATION}, since nobody knows yet whose host will be asked.
   */
  interface Connecting extends Filter {
    /** Whether the connection is served; otherwise it is closed without a word. */
    boolean admits(Arrival arrival);
  }

  /**
   * Takes part in which path a request is for: before its route is looked for. A plugin with such a
   * filter says {@link Plugin#narrowest} {@code TENANT}.
   */
  interface Rewriting extends Filter {
    /** The path and query that count from now on; of which host they are stays as it is. */
    Rewrite rewrite(Request request);
  }

  /**
   * Says who a caller is, on routes whose {@code auth} is {@code plugin}. It alone sees
   * credentials: {@code Authorization}, {@code X-API-Key}, {@code Signature} and {@code
   * Signature-Input} as they came. Whatever its object says of failures, nobody passes when it
   * fails.
   */
  interface Identifying extends Filter {
    /** Who the caller is, as somebody of the tenant whose host was asked. */
    Identity identify(Request request);

    /** The scheme that callers without credentials are told to use (RFC 9110 section 11.1). */
    default String scheme() {
      return "Bearer";
    }
  }

  /** Takes part in deciding which requests pass: after roles have, before limits count. */
  interface Authorizing extends Filter {
    /** Whether the request passes. */
    Verdict authorize(Request request);
  }

  /** Takes part in deciding which requests pass: after limits have counted them. */
  interface Admitting extends Filter {
    /** Whether the request passes; a refusal may say when it is worth another try. */
    Verdict admit(Request request);
  }

  /** Takes part in what upstreams get: before the request is forwarded, once. */
  interface EditingRequest extends Filter {
    /** Changes the header that the upstream gets. */
    void editRequest(Request request, Header header);
  }

  /** Takes part in what upstreams get: the body of the request, on its way. */
  interface EditingRequestBody extends Filter {
    /**
     * Most bytes of a body that is waited for as a whole: it passes through the filter before any
     * upstream is asked, so that a refusal is the reply, and a longer one is refused with 413. With
     * 0 the body passes piece by piece, as it comes. At most 16 MiB are waited for.
     */
    default int holds() {
      return 0;
    }

    /** What the body passes through. */
    BodyEdit editRequestBody(Request request);
  }

  /**
   * Takes part in where a request goes: before each attempt. One that fails is passed over,
   * whatever its object says of failures: the upstream balances its targets itself.
   */
  interface Balancing extends Filter {
    /**
     * The place in {@code targets} of the one that gets the next attempt, -1 to leave that to
     * others.
     *
     * @param targets at least two, all of which can do with one more request: those that are down,
     *     left out, full, or have just failed are not among them
     */
    int choose(Request request, List<Candidate> targets);
  }

  /**
   * Takes part in what callers get: the body of a reply, on its way. Upstreams are not asked for
   * parts of what they have, nor for it compressed.
   */
  interface EditingReplyBody extends Filter {
    /** What the body passes through. */
    BodyEdit editReplyBody(Request request, Reply reply);
  }

  /** Hears of requests that have come to their end, soon after. */
  interface Recording extends Filter {
    /** Takes note. */
    void record(Request request, Ended ended);
  }

  /** Takes part in what callers get: when the head of a reply has come, from wherever. */
  interface EditingReply extends Filter {
    /** Changes the header that the caller gets. */
    void editReply(Request request, Reply reply, Header header);
  }

  /**
   * Takes part in what callers get: when Aegis refuses a request, before it says so. One that fails
   * is passed over, whatever its object says of failures: the refusal stands.
   */
  interface EditingRefusal extends Filter {
    /** Changes how the caller is told. */
    void editRefusal(Request request, Refused refused, Wording wording);
  }

  /** Called once, before the first request. What it throws keeps the plugin from being used. */
  default void start() {}

  /** Called once when no request uses it any more: what it has begun ends here. */
  @Override
  default void close() {}
}
