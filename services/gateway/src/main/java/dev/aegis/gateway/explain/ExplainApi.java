package dev.aegis.gateway.explain;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.chassis.HttpProblems;
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
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

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

  private static final String SCHEME = "bearer ";
  private static final Header JSON =
      HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/json");
  private static final Header NOT_STORED =
      HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-store");
  private static final Header BEARER =
      HeaderValues.createCached(HeaderNames.WWW_AUTHENTICATE, "Bearer realm=\"aegis-gateway\"");

  private final Explaining explaining;
  private final Supposing supposing;
  private final byte[] token;

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
      String token) {
    this.explaining = new Explaining(snapshot, pipeline, node, tenantHeader, clock);
    this.supposing = supposing;
    this.token = token.getBytes(StandardCharsets.UTF_8);
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
    Problem wrong = refusal(request.headers().first(HeaderNames.AUTHORIZATION).orElse(""));
    if (wrong != null) {
      response.header(BEARER);
      HttpProblems.send(request, response, wrong);
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

  /** Why whoever shows this may not ask, or null. */
  private @Nullable Problem refusal(String shown) {
    boolean bearer = shown.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
    byte[] given = shown.substring(bearer ? SCHEME.length() : 0).getBytes(StandardCharsets.UTF_8);
    if (MessageDigest.isEqual(given, token) && bearer) {
      return null;
    }
    return new Problem(
        401,
        shown.isEmpty() ? "missing_credentials" : "invalid_token",
        shown.isEmpty() ? "Credentials are missing" : "The token is not valid",
        "Only Aegis's own services may ask here.",
        null,
        null);
  }
}
