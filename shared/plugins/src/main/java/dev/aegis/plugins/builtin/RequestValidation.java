package dev.aegis.plugins.builtin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.plugin.BodyEdit;
import dev.aegis.plugin.Ended;
import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Member;
import dev.aegis.plugin.Plugin;
import dev.aegis.plugin.Request;
import dev.aegis.plugin.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Lets requests pass whose bodies, queries and headers have the form that schemas ask for. */
public final class RequestValidation implements Plugin<RequestValidation.Config> {
  /** As {@link java.util.ServiceLoader} wants it. */
  public RequestValidation() {}

  /** What becomes of requests that have another form. */
  public enum Mode {
    /** They are refused. */
    ENFORCE,
    /** They pass, and the log says so. */
    REPORT
  }

  /** Which form requests have. */
  public record Config(
      @Member("JSON Schema of bodies, of draft 2020-12; any body passes without it.")
          Map<String, Object> body,
      @Member("JSON Schema of the object of all query parameters.") Map<String, Object> query,
      @Member("JSON Schema of the object of the header fields that it names.")
          Map<String, Object> header,
      @Member(value = "Whether there has to be a body.", otherwise = "false") boolean bodyRequired,
      @Member(value = "What becomes of other requests.", otherwise = "enforce") Mode mode,
      @Member(
              value = "Status that they are refused with: 400 or 422.",
              otherwise = "400",
              least = 400,
              most = 422)
          int status,
      @Member(
              value = "How many places that are wrong a caller is told of.",
              otherwise = "5",
              least = 0,
              most = 20)
          int errors,
      @Member(
              value = "Longest body in bytes.",
              otherwise = "1048576",
              least = 2,
              most = 16 * 1024 * 1024)
          int maxBytes) {
    public Config {
      if (body.isEmpty() && query.isEmpty() && header.isEmpty()) {
        throw new IllegalArgumentException("must have a schema of body, query or header");
      }
      if (bodyRequired && body.isEmpty()) {
        throw new IllegalArgumentException("body_required needs body");
      }
      if (status != 400 && status != 422) {
        throw new IllegalArgumentException("status must be 400 or 422");
      }
      schema("body", body);
      schema("query", query);
      schema("header", header);
    }
  }

  private static @Nullable RequestSchema schema(String member, Map<String, Object> said) {
    try {
      return RequestSchema.of(said);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(member + ' ' + e.getMessage(), e);
    }
  }

  @Override
  public String name() {
    return "request_validation";
  }

  @Override
  public String description() {
    return "Lets requests pass whose bodies, queries and headers have the form that schemas ask for.";
  }

  @Override
  public Class<Config> config() {
    return Config.class;
  }

  @Override
  public Filter configure(Config config) {
    Checks checks =
        new Checks(
            schema("body", config.body()),
            schema("query", config.query()),
            schema("header", config.header()),
            config);
    return switch (config.mode()) {
      case ENFORCE -> new Enforcing(checks);
      case REPORT -> new Reporting(checks, new WouldRefuse());
    };
  }

  /** The schemas, and what is said when a request does not have their form. */
  private record Checks(
      @Nullable RequestSchema body,
      @Nullable RequestSchema query,
      @Nullable RequestSchema header,
      Config config) {
    Verdict head(Request request) {
      try {
        if (query != null) {
          ObjectNode found = Parameters.query(request.query(), query);
          if (found == null) {
            return refused(config.status(), "The query cannot be decoded");
          }
          Set<String> faults = query.faults(found, request.query().length());
          if (!faults.isEmpty()) {
            return wrong("query", faults);
          }
        }
        if (header != null) {
          Set<String> faults = header.faults(Parameters.header(request, header), 0);
          if (!faults.isEmpty()) {
            return wrong("header", faults);
          }
        }
      } catch (Effort.Exhausted e) {
        return refused(config.status(), "The request is too much to check");
      }
      return Verdict.PASS;
    }

    Verdict body(CheckedBody.Came came) {
      return switch (came) {
        case CheckedBody.Nothing none ->
            config.bodyRequired()
                ? refused(config.status(), "The request has no body")
                : Verdict.PASS;
        case CheckedBody.Unreadable(int status, String why) -> refused(status, why);
        case CheckedBody.Document(var document, int bytes) -> {
          try {
            Set<String> faults = body == null ? Set.of() : body.faults(document, bytes);
            yield faults.isEmpty() ? Verdict.PASS : wrong("body", faults);
          } catch (Effort.Exhausted e) {
            yield refused(config.status(), "The body is too much to check");
          }
        }
      };
    }

    private Verdict wrong(String part, Set<String> faults) {
      StringBuilder detail = new StringBuilder("The ").append(part).append(" has another form");
      List<String> told = faults.stream().limit(config.errors()).toList();
      if (!told.isEmpty()) {
        detail.append(": ").append(String.join(", ", told));
        if (faults.size() > told.size()) {
          detail.append(", and ").append(faults.size() - told.size()).append(" more");
        }
      }
      return refused(config.status(), detail.toString());
    }

    private static Verdict refused(int status, String detail) {
      return new Verdict.Refuse(status, detail);
    }
  }

  private record Enforcing(Checks checks) implements Filter.Authorizing, Filter.EditingRequestBody {
    @Override
    public Verdict authorize(Request request) {
      return checks.head(request);
    }

    @Override
    public int holds() {
      return checks.config().maxBytes();
    }

    @Override
    public BodyEdit editRequestBody(Request request) {
      return checks.body() == null
          ? BodyEdit.None.NONE
          : new CheckedBody(request, checks.config().maxBytes(), checks::body);
    }
  }

  /** Stands in nobody's way: bodies pass as they come. */
  private record Reporting(Checks checks, WouldRefuse noted)
      implements Filter.Authorizing, Filter.EditingRequestBody, Filter.Recording {
    @Override
    public Verdict authorize(Request request) {
      noted.note(request, checks.head(request));
      return Verdict.PASS;
    }

    @Override
    public BodyEdit editRequestBody(Request request) {
      return checks.body() == null
          ? BodyEdit.None.NONE
          : new CheckedBody(
              request,
              checks.config().maxBytes(),
              came -> {
                noted.note(request, checks.body(came));
                return Verdict.PASS;
              });
    }

    @Override
    public void record(Request request, Ended ended) {
      noted.tell(request);
    }
  }
}
