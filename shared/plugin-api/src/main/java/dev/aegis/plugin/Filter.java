package dev.aegis.plugin;

/**
 * The form of a plugin in which it runs on requests: one configuration of one tenant. It implements
 * the interfaces of the phases that it takes part in, and no others; each costs.
 *
 * <p>Its methods are called by many threads at once. A request that began with it ends with it,
 * also when it has been replaced meanwhile.
 */
public interface Filter extends AutoCloseable {
  /** Takes part in deciding which requests pass: after roles have, before limits count. */
  interface Authorizing extends Filter {
    /** Whether the request passes. */
    Verdict authorize(Request request);
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
