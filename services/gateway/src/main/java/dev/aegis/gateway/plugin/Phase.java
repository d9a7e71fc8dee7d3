package dev.aegis.gateway.plugin;

import dev.aegis.plugin.Filter;

/** Where in a request plugins take part, in this order. */
public enum Phase {
  AUTHORIZE("authorize", Filter.Authorizing.class),
  REQUEST("request_headers", Filter.EditingRequest.class),
  REQUEST_BODY("request_body", Filter.EditingRequestBody.class),
  REPLY("response_headers", Filter.EditingReply.class),
  REPLY_BODY("response_body", Filter.EditingReplyBody.class),
  REFUSAL("refusal", Filter.EditingRefusal.class),
  LOG("log", Filter.Recording.class);

  private final String label;
  private final Class<? extends Filter> type;

  Phase(String label, Class<? extends Filter> type) {
    this.label = label;
    this.type = type;
  }

  /** As metrics and events call it. */
  public String label() {
    return label;
  }

  boolean has(Filter filter) {
    return type.isInstance(filter);
  }
}
