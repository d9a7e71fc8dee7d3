package dev.aegis.gateway.plugin;

import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.http1.ResponseHead;
import dev.aegis.plugin.Reply;
import dev.aegis.plugin.Request;
import dev.aegis.plugins.Lined;
import dev.aegis.plugins.Ongoing;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A request as trusted plugins see it while it is under way: nothing is copied until it is asked
 * for.
 */
public record LiveRequest(
    RequestHead head,
    String id,
    String tenant,
    String route,
    String address,
    boolean secure,
    String subject,
    boolean credentials,
    Object ticket)
    implements Ongoing {
  private static final String OF_PROXIES = "proxy-authorization";
  private static final Set<String> CREDENTIALS =
      Set.of("authorization", OF_PROXIES, "x-api-key", "signature", "signature-input");

  /** One whose credentials nobody sees. */
  public LiveRequest(
      RequestHead head,
      String id,
      String tenant,
      String route,
      String address,
      boolean secure,
      String subject,
      Object ticket) {
    this(head, id, tenant, route, address, secure, subject, false, ticket);
  }

  @Override
  public String method() {
    return head.method();
  }

  @Override
  public String host() {
    return head.host();
  }

  @Override
  public String path() {
    return head.path();
  }

  @Override
  public String query() {
    String query = head.query();
    return query.isEmpty() ? query : query.substring(1);
  }

  @Override
  public String header(String name) {
    String value = hidden(name) ? null : head.value(name);
    return value == null ? "" : value;
  }

  @Override
  public List<String> headers(String name) {
    return hidden(name) ? List.of() : head.eachValue(name);
  }

  @Override
  public List<String> lines() {
    return shown();
  }

  private boolean hidden(String name) {
    String plain = name.toLowerCase(Locale.ROOT).replace('_', '-');
    return credentials ? plain.equals(OF_PROXIES) : CREDENTIALS.contains(plain);
  }

  /** The same with another head. */
  LiveRequest with(RequestHead other) {
    return new LiveRequest(other, id, tenant, route, address, secure, subject, credentials, ticket);
  }

  /** The same for who says whose credentials they are. */
  LiveRequest showingCredentials() {
    return new LiveRequest(head, id, tenant, route, address, secure, subject, true, ticket);
  }

  /** The same for those who may keep it for longer than the request lasts. */
  Request copied() {
    return new Copied(
        id,
        tenant,
        route,
        method(),
        host(),
        path(),
        query(),
        address,
        secure,
        subject,
        new Lines(shown()),
        ticket);
  }

  /** Lines of a header that others may keep. */
  private List<String> shown() {
    List<String> all = head.namesAndValues();
    for (int i = all.size() - 2; i >= 0; i -= 2) {
      if (hidden(all.get(i))) {
        all.subList(i, i + 2).clear();
      }
    }
    return List.copyOf(all);
  }

  /**
   * A reply as trusted plugins see it.
   *
   * @param head of it
   */
  record LiveReply(ResponseHead head) implements Reply, Lined {
    @Override
    public int status() {
      return head.status();
    }

    @Override
    public String header(String name) {
      String value = head.value(name);
      return value == null ? "" : value;
    }

    @Override
    public List<String> headers(String name) {
      return head.eachValue(name);
    }

    @Override
    public List<String> lines() {
      return List.copyOf(head.namesAndValues());
    }

    /** The same for those who may keep it for longer than the request lasts. */
    Reply copied() {
      return new CopiedReply(status(), new Lines(lines()));
    }
  }

  private record Lines(List<String> pairs) {
    String first(String name) {
      for (int i = 0; i < pairs.size(); i += 2) {
        if (pairs.get(i).equalsIgnoreCase(name)) {
          return pairs.get(i + 1);
        }
      }
      return "";
    }

    List<String> each(String name) {
      List<String> values = new ArrayList<>();
      for (int i = 0; i < pairs.size(); i += 2) {
        if (pairs.get(i).equalsIgnoreCase(name)) {
          values.add(pairs.get(i + 1));
        }
      }
      return values;
    }
  }

  private record Copied(
      String id,
      String tenant,
      String route,
      String method,
      String host,
      String path,
      String query,
      String address,
      boolean secure,
      String subject,
      Lines shown,
      Object ticket)
      implements Ongoing {
    @Override
    public List<String> lines() {
      return shown.pairs();
    }

    @Override
    public String header(String name) {
      return shown.first(name);
    }

    @Override
    public List<String> headers(String name) {
      return shown.each(name);
    }
  }

  private record CopiedReply(int status, Lines shown) implements Reply, Lined {
    @Override
    public List<String> lines() {
      return shown.pairs();
    }

    @Override
    public String header(String name) {
      return shown.first(name);
    }

    @Override
    public List<String> headers(String name) {
      return shown.each(name);
    }
  }
}
