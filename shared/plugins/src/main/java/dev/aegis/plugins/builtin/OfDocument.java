package dev.aegis.plugins.builtin;

import dev.aegis.plugin.Request;
import dev.aegis.plugin.Verdict;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The form that an OpenAPI document gives the requests of each of its operations.
 *
 * @param unknownPass whether requests pass for whose paths it has nothing
 */
record OfDocument(OpenApiDocument document, boolean unknownPass) implements Form {
  private static final Pattern NO_LENGTH = Pattern.compile("0*");

  @Override
  public Verdict head(Request request, Faults faults) {
    return switch (find(request)) {
      case OpenApiDocument.Unknown none ->
          unknownPass ? Verdict.PASS : new Verdict.Refuse(404, "The API has no such path");
      case OpenApiDocument.OtherMethods(String allowed) ->
          new Verdict.Refuse(405, "The path takes " + allowed);
      case OpenApiDocument.Operation(ApiOperation operation, List<String> parameters) -> {
        Verdict verdict = parameters(request, operation, parameters, faults);
        yield verdict instanceof Verdict.Refuse ? verdict : type(request, operation.body(), faults);
      }
    };
  }

  private OpenApiDocument.Found find(Request request) {
    return document.find(request.method(), request.path());
  }

  private static Verdict parameters(
      Request request, ApiOperation operation, List<String> parameters, Faults faults) {
    ApiOperation.Part path = operation.path();
    if (path != null) {
      Verdict verdict = faults.of("path", ApiOperation.pathFaults(path, parameters));
      if (verdict instanceof Verdict.Refuse) {
        return verdict;
      }
    }
    ApiOperation.Part query = operation.query();
    if (query != null) {
      Verdict verdict;
      try {
        verdict = faults.of("query", ApiOperation.queryFaults(query, request.query()));
      } catch (IllegalArgumentException e) {
        return faults.refused("The query cannot be decoded");
      }
      if (verdict instanceof Verdict.Refuse) {
        return verdict;
      }
    }
    ApiOperation.Part header = operation.header();
    return header == null
        ? Verdict.PASS
        : faults.of("header", ApiOperation.headerFaults(header, request));
  }

  /**
   * A body says what it is, so one that is not wanted need not be waited for, nor one that is
   * wanted and does not come.
   */
  private static Verdict type(Request request, ApiOperation.@Nullable Body body, Faults faults) {
    List<String> types = request.headers("content-type");
    if (types.isEmpty() || body == null) {
      return Verdict.PASS; // whether there is a body is seen when it comes
    }
    ApiOperation.Media media = types.size() == 1 ? body.of(types.getFirst()) : null;
    if (media == null) {
      return new Verdict.Refuse(415, "The operation takes no body of this type");
    }
    return body.required() && unseen(media, types.getFirst()) && bodiless(request)
        ? faults.refused("The request has no body")
        : Verdict.PASS;
  }

  /** Whether bodies of this type pass as they come. */
  private static boolean unseen(ApiOperation.Media media, String type) {
    return media.schema() == null || !JsonBody.announced(type);
  }

  /** Whether the header says that there is no body (RFC 9112 section 6.3). */
  private static boolean bodiless(Request request) {
    return request.headers("transfer-encoding").isEmpty()
        && NO_LENGTH.matcher(request.header("content-length")).matches();
  }

  @Override
  public Wanted body(Request request) {
    if (!(find(request) instanceof OpenApiDocument.Operation(ApiOperation operation, var _))) {
      return new Anything();
    }
    ApiOperation.Body body = operation.body();
    if (body == null) {
      return new Nothing();
    }
    List<String> types = request.headers("content-type");
    if (types.isEmpty()) {
      return new Json(body.required(), null); // one that comes nevertheless does not say that it is
    }
    ApiOperation.Media media = body.of(types.getFirst());
    return media == null || unseen(media, types.getFirst())
        ? new Anything()
        : new Json(body.required(), media.schema());
  }
}
