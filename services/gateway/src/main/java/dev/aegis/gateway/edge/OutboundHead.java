package dev.aegis.gateway.edge;

import dev.aegis.gateway.http1.Field;
import dev.aegis.gateway.http1.FieldNames;
import dev.aegis.gateway.http1.Output;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.identity.Principal;
import dev.aegis.gateway.pipeline.Progress.Admitted;
import dev.aegis.gateway.plugin.Edit;
import dev.aegis.gateway.plugin.Phase;
import dev.aegis.gateway.snapshot.RoutePlan;
import dev.aegis.gateway.tracing.Trace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The head that a backend gets: the caller's lines as bytes, without those that speak of the
 * connection and those that only Aegis may say, and then Aegis' own.
 *
 * @param secure whether the caller came by TLS
 * @param protocol version of HTTP in which the request came (RFC 9110 section 7.6.3)
 * @param edit what plugins change, null for nothing
 * @param length of the body that goes in the place of the caller's, {@link #UNKNOWN} for one of
 *     unknown length, {@link #AS_IT_CAME} when the caller's own goes on
 * @param trace what says where the request stands in a trace, null when the caller's word goes on
 */
record OutboundHead(
    Admitted admitted,
    String address,
    boolean secure,
    String protocol,
    @Nullable Edit edit,
    int length,
    @Nullable Trace trace) {
  static final int UNKNOWN = -1;
  static final int AS_IT_CAME = -2;

  /** What is true of the caller's bytes alone. */
  private static final FieldNames OF_THE_BYTES =
      new FieldNames(List.of("Content-MD5", "Digest", "Content-Digest", "Repr-Digest"));

  /** What asks for a reply in a form that plugins cannot work on. */
  private static final FieldNames OF_THE_FORM =
      new FieldNames(List.of("Range", "If-Range", "Accept-Encoding"));

  private static final Set<Field> OWN =
      EnumSet.of(
          Field.X_REQUEST_ID,
          Field.X_REAL_IP,
          Field.FORWARDED,
          Field.X_TENANT_ID,
          Field.X_USER_ID,
          Field.X_USER_TENANT_ID,
          Field.X_USER_ROLES,
          Field.X_AEGIS_MIRROR);
  private static final Set<Field> OWN_AND_CREDENTIALS =
      with(OWN, Field.AUTHORIZATION, Field.X_API_KEY, Field.SIGNATURE, Field.SIGNATURE_INPUT);

  /** The same where the request is one of a trace that the caller began. */
  private static final Set<Field> OWN_CONTINUED = with(OWN, Field.TRACEPARENT);

  private static final Set<Field> OWN_AND_CREDENTIALS_CONTINUED =
      with(OWN_AND_CREDENTIALS, Field.TRACEPARENT);

  /** The same where the trace begins here, so that a caller's state is of none. */
  private static final Set<Field> OWN_BEGUN = with(OWN_CONTINUED, Field.TRACESTATE);

  private static final Set<Field> OWN_AND_CREDENTIALS_BEGUN =
      with(OWN_AND_CREDENTIALS_CONTINUED, Field.TRACESTATE);

  private static Set<Field> with(Set<Field> fields, Field... more) {
    Set<Field> all = EnumSet.copyOf(fields);
    all.addAll(List.of(more));
    return all;
  }

  void write(Output out) {
    RequestHead head = admitted.inbound().head();
    boolean old = head.minorVersion() == 0;
    Set<Field> dropped = dropped(admitted.identified().route(), old, head.maxForwards());
    if (length != AS_IT_CAME) {
      dropped = EnumSet.copyOf(dropped);
      dropped.add(Field.CONTENT_LENGTH);
      if (length >= 0) {
        dropped.add(Field.EXPECT); // the body is there
      }
    }
    write(out, dropped);
    if (length > 0 || length == 0 && (head.hasBody() || head.contentLength() == 0)) {
      out.header("Content-Length", Integer.toString(length));
    }
    if (head.asksForWebSocket()) {
      Replies.webSocket(out);
    }
  }

  /**
   * The head of a copy, whose body is there already.
   *
   * @param length of the body
   */
  byte[] copy(int length) {
    RequestHead head = admitted.inbound().head();
    boolean old = head.minorVersion() == 0;
    Set<Field> dropped =
        EnumSet.copyOf(dropped(admitted.identified().route(), old, head.maxForwards()));
    dropped.add(Field.EXPECT);
    dropped.add(Field.CONTENT_LENGTH);
    Kept kept = new Kept();
    write(kept, dropped);
    if (length > 0 || head.hasBody() || head.contentLength() == 0) {
      kept.header("Content-Length", Integer.toString(length));
    }
    if (trace != null) {
      kept.header(Field.TRACEPARENT.text(), trace.here().text());
    }
    kept.header("X-Aegis-Mirror", "true");
    return kept.taken();
  }

  /** Bytes that are kept. */
  private static final class Kept extends Output {
    private byte[] bytes = {};

    Kept() {
      super(1024, Integer.MAX_VALUE);
    }

    @Override
    protected void send(byte[] source, int from, int length) {
      bytes = Arrays.copyOfRange(source, from, from + length);
    }

    byte[] taken() {
      try {
        flush();
      } catch (IOException e) {
        throw new UncheckedIOException(e); // nothing is written anywhere
      }
      return bytes;
    }
  }

  private void write(Output out, Set<Field> dropped) {
    RequestHead head = admitted.inbound().head();
    RoutePlan route = admitted.identified().route();
    out.put(head.method());
    out.put(" ");
    out.put(route.upstreamPath(head.path()));
    head.copyQuery(out);
    out.put(" HTTP/1.1");
    out.endLine();
    boolean old = head.minorVersion() == 0;
    int hops = head.maxForwards();
    head.copyLines(out, dropped, removed(route));
    changed(out, route);
    if (hops > 0) {
      out.header("Max-Forwards", Integer.toString(hops - 1));
    }
    String scheme = secure ? "https" : "http";
    String host = head.authority();
    if (old && head.value(Field.HOST) == null) {
      out.header("Host", host); // named in the target alone, as HTTP/1.0 may
    }
    out.header("X-Request-Id", admitted.inbound().requestId());
    out.header("X-Forwarded-For", address);
    out.header("X-Forwarded-Proto", scheme);
    out.header("X-Forwarded-Host", host);
    forwarded(out, scheme, host);
    String tenant = admitted.identified().matched().tenant().id();
    out.header("X-Tenant-Id", tenant);
    Principal principal = admitted.principalOrNull();
    if (principal != null) {
      out.header("X-User-Id", principal.subject());
      if (!principal.tenant().equals(tenant)) {
        out.header("X-User-Tenant-Id", principal.tenant()); // a subject of an ancestor
      }
      out.header("X-User-Roles", String.join(",", principal.roles()));
    }
    out.header("Via", protocol.equals("1.1") ? "1.1 aegis" : protocol + " aegis");
  }

  /**
   * The lines of the route, of plugins and of an arbiter. In a trace the place there is Aegis' own
   * to say: two lines would be none for who reads them.
   */
  private void changed(Output out, RoutePlan route) {
    if (trace == null) {
      route.requestEdit().put(out);
      if (edit != null) {
        edit.lines(out::header);
      }
      out.put(admitted.lines());
      return;
    }
    route.requestEdit().putUntraced(out);
    if (edit != null) {
      edit.lines(
          (name, value) -> {
            if (!name.equalsIgnoreCase(Field.TRACEPARENT.text())) {
              out.header(name, value);
            }
          });
    }
    if (!admitted.lines().isEmpty()) {
      admitted.lines().lines().filter(OutboundHead::untraced).forEach(line -> putLine(out, line));
    }
  }

  private static boolean untraced(String line) {
    String name = Field.TRACEPARENT.text();
    return !line.regionMatches(true, 0, name + ":", 0, name.length() + 1);
  }

  private static void putLine(Output out, String line) {
    out.put(line);
    out.endLine();
  }

  private FieldNames removed(RoutePlan route) {
    FieldNames removed = route.requestEdit().dropped();
    if (edit != null) {
      removed = removed.with(edit.dropped());
    }
    if (length != AS_IT_CAME) {
      removed = removed.with(OF_THE_BYTES);
    }
    return route.chain().has(Phase.REPLY_BODY) ? removed.with(OF_THE_FORM) : removed;
  }

  private Set<Field> dropped(boolean credentials) {
    if (trace == null) {
      return credentials ? OWN_AND_CREDENTIALS : OWN;
    }
    if (trace.continued()) {
      return credentials ? OWN_AND_CREDENTIALS_CONTINUED : OWN_CONTINUED;
    }
    return credentials ? OWN_AND_CREDENTIALS_BEGUN : OWN_BEGUN;
  }

  /** What HTTP/1.0 cannot mean, and numbers of hops, do not go on as they came. */
  private Set<Field> dropped(RoutePlan route, boolean old, int hops) {
    Set<Field> dropped = dropped(route.stripCredentials());
    if (!old && hops < 0) {
      return dropped;
    }
    Set<Field> more = EnumSet.copyOf(dropped);
    if (old) {
      more.add(Field.EXPECT); // RFC 9110 section 10.1.1
    }
    if (hops >= 0) {
      more.add(Field.MAX_FORWARDS);
    }
    return more;
  }

  /** RFC 7239 section 4. */
  private void forwarded(Output out, String scheme, String host) {
    out.put("Forwarded: for=");
    boolean v6 = address.indexOf(':') >= 0;
    out.put(v6 ? "\"[" : "");
    out.put(address);
    out.put(v6 ? "]\"" : "");
    out.put(";host=\"");
    out.put(host);
    out.put("\";proto=");
    out.put(scheme);
    out.endLine();
  }
}
