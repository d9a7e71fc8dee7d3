package dev.aegis.events;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One request that the gateway finished, whatever came of it: type {@code aegis.request.v1}.
 *
 * <p>What was not known yet when the request ended is null.
 *
 * @param requestId id under which the caller, the backend, the log and this event know the request
 * @param tenantId tenant of the host, null when no tenant has it
 * @param routeId matched route, null when none matched or the tenant's default route did
 * @param upstreamId upstream that the route named
 * @param subject who the caller was found to be
 * @param credential what the caller showed: {@code jwt}, {@code client_certificate}, {@code
 *     plugin}, {@code api_key}, {@code signature}, or the word none
 * @param method of the request, upper case
 * @param path canonical path, without query
 * @param status that the caller got, 0 when the caller was gone before
 * @param code of the refusal when Aegis itself answered, null otherwise
 * @param blame who caused a failure
 * @param bytesIn bytes of the request's body
 * @param bytesOut bytes of the reply's body
 * @param startedAt when its first byte was read; microseconds
 * @param durationUs from there to the last byte of the reply, in microseconds
 * @param upstreamUs of these, waiting for the upstream
 * @param gatewayUs of these, the gateway's own
 * @param attempts how often a target was tried, 0 when none was
 * @param target {@code host:port} of the last attempt
 * @param cache {@code hit}, {@code miss} or {@code bypass} where the route keeps replies
 * @param userAgent as the caller said
 * @param traceId W3C trace id, 32 hexadecimal digits
 * @param node gateway that served it
 */
public record RequestEvent(
    String requestId,
    @Nullable String tenantId,
    @Nullable String routeId,
    @Nullable String upstreamId,
    @Nullable String subject,
    String credential,
    String method,
    String path,
    int status,
    @Nullable String code,
    Blame blame,
    long bytesIn,
    long bytesOut,
    Instant startedAt,
    long durationUs,
    long upstreamUs,
    long gatewayUs,
    int attempts,
    @Nullable String target,
    @Nullable String cache,
    @Nullable String userAgent,
    @Nullable String traceId,
    String node) {

  /** Type of the event on the wire. */
  public static final String TYPE = "aegis.request.v1";

  private static final JsonFactory JSON = new JsonFactory();

  private static final byte[] REQUEST_ID = JsonBytes.name("request_id");
  private static final byte[] TENANT_ID = JsonBytes.name("tenant_id");
  private static final byte[] ROUTE_ID = JsonBytes.name("route_id");
  private static final byte[] UPSTREAM_ID = JsonBytes.name("upstream_id");
  private static final byte[] SUBJECT = JsonBytes.name("subject");
  private static final byte[] CREDENTIAL = JsonBytes.name("credential");
  private static final byte[] METHOD = JsonBytes.name("method");
  private static final byte[] PATH = JsonBytes.name("path");
  private static final byte[] STATUS = JsonBytes.name("status");
  private static final byte[] CODE = JsonBytes.name("code");
  private static final byte[] BLAME = JsonBytes.name("blame");
  private static final byte[] BYTES_IN = JsonBytes.name("bytes_in");
  private static final byte[] BYTES_OUT = JsonBytes.name("bytes_out");
  private static final byte[] STARTED_AT = JsonBytes.name("started_at");
  private static final byte[] DURATION_US = JsonBytes.name("duration_us");
  private static final byte[] UPSTREAM_US = JsonBytes.name("upstream_us");
  private static final byte[] GATEWAY_US = JsonBytes.name("gateway_us");
  private static final byte[] ATTEMPTS = JsonBytes.name("attempts");
  private static final byte[] TARGET = JsonBytes.name("target");
  private static final byte[] CACHE = JsonBytes.name("cache");
  private static final byte[] USER_AGENT = JsonBytes.name("user_agent");
  private static final byte[] TRACE_ID = JsonBytes.name("trace_id");
  private static final byte[] NODE = JsonBytes.name("node");

  /** The event's data. */
  public byte[] toJson() {
    return toJson(new JsonBytes());
  }

  /**
   * The event's data, put together in {@code buffer}.
   *
   * @param buffer cleared first; belongs to the calling thread
   */
  public byte[] toJson(JsonBytes buffer) {
    return buffer
        .clear()
        .open()
        .text(REQUEST_ID, requestId)
        .text(TENANT_ID, tenantId)
        .text(ROUTE_ID, routeId)
        .text(UPSTREAM_ID, upstreamId)
        .text(SUBJECT, subject)
        .text(CREDENTIAL, credential)
        .text(METHOD, method)
        .text(PATH, path)
        .number(STATUS, status)
        .text(CODE, code)
        .text(BLAME, blame.text())
        .number(BYTES_IN, bytesIn)
        .number(BYTES_OUT, bytesOut)
        .time(STARTED_AT, startedAt.getEpochSecond(), startedAt.getNano())
        .number(DURATION_US, durationUs)
        .number(UPSTREAM_US, upstreamUs)
        .number(GATEWAY_US, gatewayUs)
        .number(ATTEMPTS, attempts)
        .text(TARGET, target)
        .text(CACHE, cache)
        .text(USER_AGENT, userAgent)
        .text(TRACE_ID, traceId)
        .text(NODE, node)
        .close()
        .toBytes();
  }

  /**
   * Reads an event's data. Members that this version does not know are ignored; missing numbers are
   * 0, missing words that cannot be null are empty.
   *
   * @throws MalformedEvent when it is not a JSON object, has a value of the wrong type, or does not
   *     say when the request started
   */
  public static RequestEvent parse(byte[] json) throws MalformedEvent {
    try (JsonParser parser = JSON.createParser(json)) {
      return new Reading().read(parser);
    } catch (MalformedEvent e) {
      throw e;
    } catch (IOException | DateTimeException e) {
      throw new MalformedEvent("not a request event: " + e.getClass().getSimpleName(), e);
    }
  }

  /** The members read so far. */
  private static final class Reading {
    private String requestId = "";
    private @Nullable String tenantId;
    private @Nullable String routeId;
    private @Nullable String upstreamId;
    private @Nullable String subject;
    private String credential = "none";
    private String method = "";
    private String path = "";
    private int status;
    private @Nullable String code;
    private Blame blame = Blame.NONE;
    private long bytesIn;
    private long bytesOut;
    private @Nullable Instant startedAt;
    private long durationUs;
    private long upstreamUs;
    private long gatewayUs;
    private int attempts;
    private @Nullable String target;
    private @Nullable String cache;
    private @Nullable String userAgent;
    private @Nullable String traceId;
    private String node = "";

    RequestEvent read(JsonParser parser) throws IOException {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new MalformedEvent("not a JSON object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        member(name, parser);
      }
      if (parser.currentToken() != JsonToken.END_OBJECT || parser.nextToken() != null) {
        throw new MalformedEvent("not one whole JSON object");
      }
      if (startedAt == null) {
        throw new MalformedEvent("started_at is missing");
      }
      return new RequestEvent(
          requestId,
          tenantId,
          routeId,
          upstreamId,
          subject,
          credential,
          method,
          path,
          status,
          code,
          blame,
          bytesIn,
          bytesOut,
          startedAt,
          durationUs,
          upstreamUs,
          gatewayUs,
          attempts,
          target,
          cache,
          userAgent,
          traceId,
          node);
    }

    private void member(String name, JsonParser parser) throws IOException {
      switch (name) {
        case "request_id" -> requestId = word(name, parser, requestId);
        case "tenant_id" -> tenantId = text(name, parser);
        case "route_id" -> routeId = text(name, parser);
        case "upstream_id" -> upstreamId = text(name, parser);
        case "subject" -> subject = text(name, parser);
        case "credential" -> credential = word(name, parser, credential);
        case "method" -> method = word(name, parser, method);
        case "path" -> path = word(name, parser, path);
        case "status" -> status = (int) number(name, parser);
        case "code" -> code = text(name, parser);
        case "blame" -> blame = Blame.of(word(name, parser, ""));
        case "bytes_in" -> bytesIn = number(name, parser);
        case "bytes_out" -> bytesOut = number(name, parser);
        case "started_at" -> startedAt = Instant.parse(word(name, parser, ""));
        case "duration_us" -> durationUs = number(name, parser);
        case "upstream_us" -> upstreamUs = number(name, parser);
        case "gateway_us" -> gatewayUs = number(name, parser);
        case "attempts" -> attempts = (int) number(name, parser);
        case "target" -> target = text(name, parser);
        case "cache" -> cache = text(name, parser);
        case "user_agent" -> userAgent = text(name, parser);
        case "trace_id" -> traceId = text(name, parser);
        case "node" -> node = word(name, parser, node);
        default -> parser.skipChildren();
      }
    }

    private static String word(String name, JsonParser parser, String otherwise)
        throws IOException {
      String text = text(name, parser);
      return text == null ? otherwise : text;
    }

    private static @Nullable String text(String name, JsonParser parser) throws IOException {
      return switch (parser.currentToken()) {
        case VALUE_STRING -> parser.getText();
        case VALUE_NULL -> null;
        default -> throw new MalformedEvent(name + " is not a string");
      };
    }

    private static long number(String name, JsonParser parser) throws IOException {
      return switch (parser.currentToken()) {
        case VALUE_NUMBER_INT -> parser.getLongValue();
        case VALUE_NULL -> 0;
        default -> throw new MalformedEvent(name + " is not a whole number");
      };
    }
  }
}
