package dev.aegis.plugins.wasm;

import dev.aegis.plugin.BodyEdit;
import dev.aegis.plugin.Ended;
import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Header;
import dev.aegis.plugin.Reply;
import dev.aegis.plugin.Request;
import dev.aegis.plugin.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * A module at work. What it makes of a request's header is known when the request is authorized,
 * and done when it is forwarded.
 */
class ModuleFilter
    implements Filter.Authorizing, Filter.EditingRequest, Filter.EditingReply, Filter.Recording {
  private static final int PAUSED = 1;

  private final Instances instances;
  private final Realm realm;

  private ModuleFilter(Code code, Realm realm) {
    this.instances = new Instances(code, realm);
    this.realm = realm;
  }

  /** A filter that takes part in what it has to. */
  static Filter of(Code code, Realm realm, Bodies bodies) {
    return switch (bodies) {
      case NONE -> new ModuleFilter(code, realm);
      case REQUEST -> new OfRequests(code, realm);
      case RESPONSE -> new OfReplies(code, realm);
      case BOTH -> new OfBoth(code, realm);
    };
  }

  @Override
  public void start() {
    boolean began = false;
    try {
      instances.begin();
      began = true;
    } finally {
      if (!began) {
        close(); // nobody else will
      }
    }
  }

  @Override
  public void close() {
    realm.end();
  }

  @Override
  public Verdict authorize(Request request) {
    try (Instances.Held held = instances.open(request)) {
      Stream stream = held.stream();
      stream.mayRefuse(true);
      int lines = size(stream.header(0));
      int paused = held.call("proxy_on_request_headers", lines, bodiless(request) ? 1 : 0);
      Verdict verdict = stream.verdict();
      stream.mayRefuse(false);
      return goesOn(verdict, paused);
    }
  }

  /** Whether its header says that no body follows (RFC 9112 section 6.3). */
  private static boolean bodiless(Request request) {
    String length = request.header("content-length");
    return request.header("transfer-encoding").isEmpty()
        && (length.isEmpty() ? !hasBody(request.method()) : length.equals("0"));
  }

  private static boolean hasBody(String method) {
    return method.equals("POST") || method.equals("PUT") || method.equals("PATCH");
  }

  private static int size(@Nullable HeaderView header) {
    return header == null ? 0 : header.size();
  }

  private static Verdict goesOn(Verdict verdict, int action) {
    return switch (verdict) {
      case Verdict.Refuse refuse -> refuse;
      case Verdict.Pass pass -> {
        if (action == PAUSED) {
          throw new IllegalStateException("it paused, and nothing here would let it go on");
        }
        yield pass;
      }
    };
  }

  @Override
  public void editRequest(Request request, Header header) {
    try (Instances.Held held = instances.take(request)) {
      HeaderView view = held.stream().header(0);
      if (view != null) {
        view.apply(header);
      }
    }
  }

  @Override
  public void editReply(Request request, Reply reply, Header header) {
    try (Instances.Held held = instances.take(request)) {
      Stream stream = held.stream();
      stream.replied(reply);
      HeaderView view = stream.header(2);
      Verdict _ = goesOn(Verdict.PASS, held.call("proxy_on_response_headers", size(view), 0));
      if (view != null) {
        view.apply(header);
      }
    }
  }

  @Override
  public void record(Request request, Ended ended) {
    instances.close(request, ended);
  }

  BodyEdit requestBody(Request request) {
    instances.check(request);
    return new Passing(request, true);
  }

  BodyEdit replyBody(Request request) {
    instances.check(request);
    return new Passing(request, false);
  }

  int holdBytes() {
    return realm.terms().holds();
  }

  /** A body on its way. */
  private final class Passing implements BodyEdit {
    private static final int MOST_HELD = 1 << 20;

    private final Request request;
    private final boolean ofRequest;
    private final Piece piece = new Piece();
    private Verdict verdict = Verdict.PASS;

    Passing(Request request, boolean ofRequest) {
      this.request = request;
      this.ofRequest = ofRequest;
    }

    @Override
    public void piece(byte[] bytes, Out out) {
      if (verdict instanceof Verdict.Refuse) {
        return; // nothing of it goes on any more, and its end says why
      }
      piece.add(bytes);
      verdict = look(out, false);
      if (piece.size() > Math.max(MOST_HELD, holdBytes())) {
        throw new IllegalStateException("it holds back more of a body than it may");
      }
    }

    @Override
    public Verdict end(Out out) {
      return verdict instanceof Verdict.Refuse refused ? refused : look(out, true);
    }

    private Verdict look(Out out, boolean last) {
      try (Instances.Held held = instances.take(request)) {
        Stream stream = held.stream();
        stream.bodies(ofRequest ? piece : null, ofRequest ? null : piece);
        stream.mayRefuse(ofRequest);
        String name = ofRequest ? "proxy_on_request_body" : "proxy_on_response_body";
        int action = held.call(name, piece.size(), last ? 1 : 0);
        stream.bodies(null, null);
        stream.mayRefuse(false);
        Verdict said = last ? goesOn(stream.verdict(), action) : stream.verdict();
        if (said instanceof Verdict.Refuse) {
          byte[] _ = piece.taken();
        } else if (action != PAUSED && piece.size() > 0) {
          out.add(piece.taken());
        }
        return said;
      }
    }
  }

  private static final class OfRequests extends ModuleFilter implements Filter.EditingRequestBody {
    OfRequests(Code code, Realm realm) {
      super(code, realm);
    }

    @Override
    public int holds() {
      return holdBytes();
    }

    @Override
    public BodyEdit editRequestBody(Request request) {
      return requestBody(request);
    }
  }

  private static final class OfReplies extends ModuleFilter implements Filter.EditingReplyBody {
    OfReplies(Code code, Realm realm) {
      super(code, realm);
    }

    @Override
    public BodyEdit editReplyBody(Request request, Reply reply) {
      return replyBody(request);
    }
  }

  private static final class OfBoth extends ModuleFilter
      implements Filter.EditingRequestBody, Filter.EditingReplyBody {
    OfBoth(Code code, Realm realm) {
      super(code, realm);
    }

    @Override
    public int holds() {
      return holdBytes();
    }

    @Override
    public BodyEdit editRequestBody(Request request) {
      return requestBody(request);
    }

    @Override
    public BodyEdit editReplyBody(Request request, Reply reply) {
      return replyBody(request);
    }
  }
}
