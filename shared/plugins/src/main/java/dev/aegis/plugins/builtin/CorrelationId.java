package dev.aegis.plugins.builtin;

import dev.aegis.journal.HeaderEdits;
import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Header;
import dev.aegis.plugin.Member;
import dev.aegis.plugin.Plugin;
import dev.aegis.plugin.Reply;
import dev.aegis.plugin.Request;

/** Gives each request an id under a name of the tenant's own choice. */
public final class CorrelationId implements Plugin<CorrelationId.Config> {
  private static final int MOST = 128;

  /** As {@link java.util.ServiceLoader} wants it. */
  public CorrelationId() {}

  /** Where the id stands. */
  public record Config(
      @Member(value = "Name of the header field.", otherwise = "X-Correlation-Id") String header,
      @Member(value = "Whether callers get it too.", otherwise = "true") boolean echo) {
    public Config {
      if (HeaderEdits.untouchable(header)
          || header.isEmpty()
          || !header.chars().allMatch(c -> Character.isLetterOrDigit(c) || c == '-')) {
        throw new IllegalArgumentException("\"" + header + "\" is no name that can be used");
      }
    }
  }

  @Override
  public String name() {
    return "correlation_id";
  }

  @Override
  public String description() {
    return "Passes on the id that a caller gave to its request, or else the gateway's.";
  }

  @Override
  public Class<Config> config() {
    return Config.class;
  }

  @Override
  public boolean adds() {
    return false;
  }

  @Override
  public Filter configure(Config config) {
    return config.echo() ? new Echoing(config.header()) : new Passing(config.header());
  }

  private static String id(Request request, String name) {
    String given = request.header(name);
    boolean usable =
        !given.isEmpty()
            && given.length() <= MOST
            && given.chars().allMatch(c -> c > ' ' && c < 0x7f);
    return usable ? given : request.id();
  }

  private record Passing(String name) implements Filter.EditingRequest {
    @Override
    public void editRequest(Request request, Header header) {
      header.set(name, id(request, name));
    }
  }

  private record Echoing(String name) implements Filter.EditingRequest, Filter.EditingReply {
    @Override
    public void editRequest(Request request, Header header) {
      header.set(name, id(request, name));
    }

    @Override
    public void editReply(Request request, Reply reply, Header header) {
      header.set(name, id(request, name));
    }
  }
}
