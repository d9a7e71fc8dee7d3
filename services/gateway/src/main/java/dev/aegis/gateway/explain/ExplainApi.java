package dev.aegis.gateway.explain;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.chassis.HttpProblems;
import dev.aegis.chassis.ServiceToken;
import dev.aegis.gateway.pipeline.Pipeline;
import dev.aegis.gateway.snapshot.Snapshot;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.Json;
import dev.aegis.model.Problem;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.time.InstantSource;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * {@code POST /explain} and {@code /explain/supposed} on the management port, for the admin service
 * alone.
 */
public final class ExplainApi {
  private static final String PATH = "/explain";
  private static final int MAX_BODY = 256 << 10;
  private static final String SUPPOSED = "/explain/supposed";

  /** Longest supposed configuration with its questions, in bytes. */
  public static final int MAX_SUPPOSED = 16 << 20;

  private static final Header JSON =
      HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/json");
  private static final Header NOT_STORED =
      HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-store");

  private final Explaining explaining;
  private final Supposing supposing;
  private final ServiceToken token;

  /**
   * @param snapshot the configuration in force
   * @param pipeline the phases that requests take
   * @param node name of this gateway
   * @param tenantHeader whether callers of the base domain itself may name a tenant
   * @param supposing answers about configurations that are not in force
   * @param token what the admin service shows
   */
  public ExplainApi(
      Supplier<Snapshot> snapshot,
      Pipeline pipeline,
      String node,
      boolean tenantHeader,
      InstantSource clock,
      Supposing supposing,
      ServiceToken token) {
    this.explaining = new Explaining(snapshot, pipeline, node, tenantHeader, clock);
    this.supposing = supposing;
    this.token = token;
  }

  /** Adds the paths to a listener. */
  public void addTo(HttpRouting.Builder routing) {
    routing.post(
        PATH,
        (request, response) ->
            answer(
                request,
                response,
                MAX_BODY,
                document -> explaining.explain(Question.read(document))));
    routing.any(PATH, HttpProblems.methodNotAllowed("POST"));
    routing.post(
        SUPPOSED,
        (request, response) -> answer(request, response, MAX_SUPPOSED, supposing::explain));
    routing.any(SUPPOSED, HttpProblems.methodNotAllowed("POST"));
  }

  private void answer(
      ServerRequest request,
      ServerResponse response,
      int longest,
      Function<ObjectNode, ObjectNode> explained) {
    if (!token.admits(request, response)) {
      return;
    }
    try (InputStream in = request.content().inputStream()) {
      byte[] body = in.readNBytes(longest + 1);
      if (body.length > longest) {
        throw new IOException("longer than " + longest + " bytes");
      }
      byte[] answer = Json.write(explained.apply(Json.readObject(body)));
      response.header(JSON);
      response.header(NOT_STORED);
      response.send(answer);
    } catch (InvalidDefinition e) {
      HttpProblems.send(
          request,
          response,
          new Problem(
              422,
              "invalid",
              "The document is not valid",
              String.valueOf(e.getMessage()),
              null,
              null,
              e.violations()));
    } catch (IOException e) {
      HttpProblems.send(
          request,
          response,
          new Problem(
              400,
              "malformed_request",
              "The request is not well-formed",
              "The body is " + e.getMessage(),
              null,
              null));
    }
  }
}
