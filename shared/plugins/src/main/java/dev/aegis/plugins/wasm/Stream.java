package dev.aegis.plugins.wasm;

import dev.aegis.plugin.Ended;
import dev.aegis.plugin.Reply;
import dev.aegis.plugin.Verdict;
import dev.aegis.plugins.Lined;
import dev.aegis.plugins.Ongoing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One request in one instance. Used by who has the instance. */
final class Stream {
  private static final int MOST_PROPERTIES = 32;

  private final int id;
  private final Ongoing request;
  private final HeaderView requestHeader;
  private final Map<String, byte[]> properties = new HashMap<>();
  private @Nullable Reply reply;
  private @Nullable HeaderView replyHeader;
  private @Nullable Ended ended;
  private @Nullable Piece requestBody;
  private @Nullable Piece replyBody;
  private boolean mayRefuse;
  private Verdict.@Nullable Refuse refusal;

  /**
   * @param id as the module knows it
   */
  Stream(int id, Ongoing request) {
    this.id = id;
    this.request = request;
    List<String> lines = new ArrayList<>();
    lines.addAll(List.of(":method", request.method(), ":authority", request.host()));
    lines.addAll(List.of(":scheme", scheme(), ":path", path()));
    lines.addAll(request.lines());
    this.requestHeader = new HeaderView(lines);
  }

  int id() {
    return id;
  }

  Ongoing request() {
    return request;
  }

  String scheme() {
    return request.secure() ? "https" : "http";
  }

  /** Path and query. */
  String path() {
    return request.query().isEmpty() ? request.path() : request.path() + '?' + request.query();
  }

  /** A header by its number in the ABI; null if there is none, as of trailers. */
  @Nullable HeaderView header(int type) {
    return switch (type) {
      case 0 -> requestHeader;
      case 2 -> replyHeader;
      default -> null;
    };
  }

  /** A piece of a body that is being looked at, by its number in the ABI. */
  @Nullable Piece body(int type) {
    return switch (type) {
      case 0 -> requestBody;
      case 1 -> replyBody;
      default -> null;
    };
  }

  /** The module looks at these pieces, and at none with null. */
  void bodies(@Nullable Piece ofRequest, @Nullable Piece ofReply) {
    requestBody = ofRequest;
    replyBody = ofReply;
  }

  @Nullable Reply reply() {
    return reply;
  }

  void replied(Reply head) {
    reply = head;
    List<String> lines = new ArrayList<>(List.of(":status", Integer.toString(head.status())));
    if (head instanceof Lined lined) {
      lines.addAll(lined.lines());
    }
    replyHeader = new HeaderView(lines);
  }

  @Nullable Ended ended() {
    return ended;
  }

  void ended(Ended how) {
    ended = how;
  }

  /** From here on it may be refused, or not. */
  void mayRefuse(boolean may) {
    mayRefuse = may;
  }

  /** The module does not let it pass. */
  void refuse(int status, byte[] body) {
    boolean said = status >= 400 && status <= 499 || status == 503;
    if (!mayRefuse || !said && (status < 500 || status > 599)) {
      throw new Status.Fault(Status.BAD_ARGUMENT);
    }
    StringBuilder detail = new StringBuilder();
    for (int i = 0; i < body.length && i < 200; i++) {
      detail.append(body[i] >= ' ' && body[i] < 0x7f ? (char) body[i] : ' ');
    }
    String text = detail.toString().strip();
    refusal =
        new Verdict.Refuse(said ? status : 503, text.isEmpty() ? "A plugin refused it" : text);
  }

  /** Whether the module lets it pass, as far as it has said. */
  Verdict verdict() {
    Verdict.Refuse refused = refusal;
    return refused == null ? Verdict.PASS : refused;
  }

  byte @Nullable [] property(String path) {
    return properties.get(path);
  }

  void property(String path, byte[] value) {
    if (properties.size() >= MOST_PROPERTIES && !properties.containsKey(path)) {
      throw new Status.Fault(Status.INTERNAL_FAILURE);
    }
    properties.put(path, value);
  }
}
