package dev.aegis.plugins.builtin;

import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Header;
import dev.aegis.plugin.Plugin;
import dev.aegis.plugin.Reply;
import dev.aegis.plugin.Request;

/** Changes the header that callers get. */
public final class ResponseHeaders implements Plugin<Edits> {
  /** As {@link java.util.ServiceLoader} wants it. */
  public ResponseHeaders() {}

  @Override
  public String name() {
    return "response_headers";
  }

  @Override
  public String description() {
    return "Changes the header that callers get.";
  }

  @Override
  public Class<Edits> config() {
    return Edits.class;
  }

  @Override
  public Filter configure(Edits edits) {
    return new Editing(edits);
  }

  private record Editing(Edits edits) implements Filter.EditingReply {
    @Override
    public void editReply(Request request, Reply reply, Header header) {
      edits.apply(header);
    }
  }
}
