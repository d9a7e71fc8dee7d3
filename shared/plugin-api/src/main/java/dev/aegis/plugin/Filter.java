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

  /** Takes part in what callers get: when the head of a reply has come, from wherever. */
  interface EditingReply extends Filter {
    /** Changes the header that the caller gets. */
    void editReply(Request request, Reply reply, Header header);
  }

  /** Called once, before the first request. What it throws keeps the plugin from being used. */
  default void start() {}

  /** Called once when no request uses it any more: what it has begun ends here. */
  @Override
  default void close() {}
}
