package dev.aegis.plugins.builtin;

import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Header;
import dev.aegis.plugin.Plugin;
import dev.aegis.plugin.Request;

/** Changes the header that upstreams get. */
public final class RequestHeaders implements Plugin<Edits> {
  /** As {@link java.util.ServiceLoader} wants it. */
  public RequestHeaders() {}

  @Override
  public String name() {
    return "request_headers";
  }

  @Override
  public String description() {
    return "Changes the header that upstreams get.";
  }

  @Override
  public Class<Edits> config() {
    return Edits.class;
  }

  @Override
  public Filter configure(Edits edits) {
    return new Editing(edits);
  }

  private record Editing(Edits edits) implements Filter.EditingRequest {
    @Override
    public void editRequest(Request request, Header header) {
      edits.apply(header);
    }
  }
}
