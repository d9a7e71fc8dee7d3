package dev.aegis.plugins.builtin;

import dev.aegis.plugin.BodyEdit;
import dev.aegis.plugin.Ended;
import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Member;
import dev.aegis.plugin.Plugin;
import dev.aegis.plugin.Request;
import dev.aegis.plugin.Verdict;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Lets requests pass whose bodies, queries and headers have the form that schemas ask for. */
public final class RequestValidation implements Plugin<RequestValidation.Config> {
  /** For all objects of this plugin: the record that checks one has no other place to find it. */
  private static final OpenApiDocuments DOCUMENTS = new OpenApiDocuments();

  /** As {@link java.util.ServiceLoader} wants it. */
  public RequestValidation() {}

  /** What becomes of requests that have another form. */
  public enum Mode {
    /** They are refused. */
    ENFORCE,
    /** They pass, and the log says so. */
    REPORT
  }

  /** What becomes of requests for paths that an OpenAPI document does not have. */
  public enum Unknown {
    /** They are refused with 404. */
    REFUSE,
    /** They pass. */
    PASS
  }

  /** Which form requests have. */
  public record Config(
      @Member("JSON Schema of bodies, of draft 2020-12; any body passes without it.")
          Map<String, Object> body,
      @Member("JSON Schema of the object of all query parameters.") Map<String, Object> query,
      @Member("JSON Schema of the object of the header fields that it names.")
          Map<String, Object> header,
      @Member(value = "Whether there has to be a body.", otherwise = "false") boolean bodyRequired,
      @Member("OpenAPI document of version 3.1 in the place of body, query and header.")
          Map<String, Object> openapi,
      @Member(
              value = "What paths begin with that the OpenAPI document leaves out.",
              otherwise = "\"\"")
          String basePath,
      @Member(
              value = "What becomes of requests for paths that the OpenAPI document has not.",
              otherwise = "refuse")
          Unknown unknown,
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
      boolean schemas = !body.isEmpty() || !query.isEmpty() || !header.isEmpty();
      if (!schemas && openapi.isEmpty()) {
        throw new IllegalArgumentException(
            "must have a schema of body, query or header, or openapi");
      }
      if ((schemas || bodyRequired) && !openapi.isEmpty()) {
        throw new IllegalArgumentException(
            "openapi cannot be beside body, query, header or body_required");
      }
      if (openapi.isEmpty() && (!basePath.isEmpty() || unknown != Unknown.REFUSE)) {
        throw new IllegalArgumentException("base_path and unknown need openapi");
      }
      if (!basePath.isEmpty() && (!basePath.startsWith("/") || basePath.endsWith("/"))) {
        throw new IllegalArgumentException("base_path must begin with / and not end with it");
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
      document(openapi, basePath);
    }
  }

  private static @Nullable RequestSchema schema(String member, Map<String, Object> said) {
    try {
      return RequestSchema.of(said);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(member + ' ' + e.getMessage(), e);
    }
  }

  private static @Nullable OpenApiDocument document(Map<String, Object> said, String basePath) {
    try {
      return said.isEmpty() ? null : DOCUMENTS.of(said, basePath);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("openapi " + e.getMessage(), e);
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
    OpenApiDocument document = document(config.openapi(), config.basePath());
    Form form =
        document == null
            ? new OfSchemas(
                schema("body", config.body()),
                schema("query", config.query()),
                schema("header", config.header()),
                config.bodyRequired())
            : new OfDocument(document, config.unknown() == Unknown.PASS);
    Checks checks =
        new Checks(form, new Faults(config.status(), config.errors()), config.maxBytes());
    return switch (config.mode()) {
      case ENFORCE -> new Enforcing(checks);
      case REPORT -> new Reporting(checks, new WouldRefuse());
    };
  }

  /** What requests are held against, and what is said when they do not have that form. */
  private record Checks(Form form, Faults faults, int maxBytes) {
    Verdict head(Request request) {
      try {
        return form.head(request, faults);
      } catch (Effort.Exhausted e) {
        return faults.refused("The request is too much to check");
      }
    }

    BodyEdit body(Request request, UnaryOperator<Verdict> judge) {
      return switch (form.body(request)) {
        case Form.Anything any -> BodyEdit.None.NONE;
        case Form.Nothing none ->
            new CheckedBody(request, maxBytes, came -> judge.apply(nothing(came)));
        case Form.Json json ->
            new CheckedBody(request, maxBytes, came -> judge.apply(json(came, json)));
      };
    }

    private static Verdict nothing(CheckedBody.Came came) {
      return came instanceof CheckedBody.Nothing
          ? Verdict.PASS
          : new Verdict.Refuse(415, "The operation takes no body");
    }

    private Verdict json(CheckedBody.Came came, Form.Json wanted) {
      return switch (came) {
        case CheckedBody.Nothing none ->
            wanted.required() ? faults.refused("The request has no body") : Verdict.PASS;
        case CheckedBody.Unreadable(int status, String why) -> new Verdict.Refuse(status, why);
        case CheckedBody.Document(var document, int bytes) -> {
          RequestSchema schema = wanted.schema();
          try {
            yield schema == null ? Verdict.PASS : faults.of("body", schema.faults(document, bytes));
          } catch (Effort.Exhausted e) {
            yield faults.refused("The body is too much to check");
          }
        }
      };
    }
  }

  private record Enforcing(Checks checks) implements Filter.Authorizing, Filter.EditingRequestBody {
    @Override
    public Verdict authorize(Request request) {
      return checks.head(request);
    }

    @Override
    public int holds() {
      return checks.maxBytes();
    }

    @Override
    public BodyEdit editRequestBody(Request request) {
      return checks.body(request, UnaryOperator.identity());
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
      return checks.body(
          request,
          verdict -> {
            noted.note(request, verdict);
            return Verdict.PASS;
          });
    }

    @Override
    public void record(Request request, Ended ended) {
      noted.tell(request);
    }
  }
}
