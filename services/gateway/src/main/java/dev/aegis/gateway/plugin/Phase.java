package dev.aegis.gateway.plugin;

import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Place;

/** Where in a request plugins take part, in this order. */
public enum Phase {
  CONNECTION("connection", Filter.Connecting.class, Place.INSTALLATION),
  REWRITE("rewrite", Filter.Rewriting.class, Place.TENANT),
  IDENTIFY("identify", Filter.Identifying.class),
  AUTHORIZE("authorize", Filter.Authorizing.class),
  ADMIT("admit", Filter.Admitting.class),
  REQUEST("request_headers", Filter.EditingRequest.class),
  REQUEST_BODY("request_body", Filter.EditingRequestBody.class),
  BALANCE("balance", Filter.Balancing.class),
  REPLY("response_headers", Filter.EditingReply.class),
  REPLY_BODY("response_body", Filter.EditingReplyBody.class),
  REFUSAL("refusal", Filter.EditingRefusal.class),
  LOG("log", Filter.Recording.class);

  private final String label;
  private final Class<? extends Filter> type;
  private final Place narrowest;

  Phase(String label, Class<? extends Filter> type) {
    this(label, type, Place.ROUTE);
  }

  Phase(String label, Class<? extends Filter> type, Place narrowest) {
    this.label = label;
    this.type = type;
    this.narrowest = narrowest;
  }

  /** What is known of a request by then: where plugins that take part can be put to use. */
  public Place narrowest() {
    return narrowest;
  }

  /** As metrics and events call it. */
  public String label() {
    return label;
  }

  boolean has(Filter filter) {
    return type.isInstance(filter);
  }
}
