package dev.aegis.admin.tenancy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.model.Violation;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * The addresses at which Aegis administers itself. No upstream may have one: the admin plane is
 * never reachable through the data plane.
 *
 * <p>Only literal addresses and {@code localhost} are recognised here; a name is resolved by the
 * gateway, when it connects.
 */
public final class OwnAddresses {
  private static final Pattern LITERAL = Pattern.compile("\\[.*]|[0-9.]+");

  private final Supplier<Set<Integer>> ports;

  /**
   * @param ports of the listeners on this machine that are not to be proxied to
   */
  public OwnAddresses(Supplier<Set<Integer>> ports) {
    this.ports = ports;
  }

  /** Targets of an upstream that lead back to Aegis. */
  public List<Violation> check(ObjectNode upstream) {
    List<Violation> violations = new ArrayList<>();
    Set<Integer> own = ports.get();
    int index = 0;
    for (JsonNode target : upstream.path("targets")) {
      String field = "/targets/" + index++ + "/url";
      try {
        URI url = new URI(target.path("url").asText());
        int otherwise = "https".equals(url.getScheme()) ? 443 : 80;
        int port = url.getPort() == -1 ? otherwise : url.getPort();
        if (url.getHost() != null && own.contains(port) && isHere(url.getHost())) {
          violations.add(new Violation(field, "must not be an address of Aegis' own services"));
        }
      } catch (URISyntaxException e) {
        // Not an address of anything; the definition's own check says what is right.
      }
    }
    return violations;
  }

  private static boolean isHere(String host) {
    String name = host.toLowerCase(Locale.ROOT);
    if (name.equals("localhost") || name.endsWith(".localhost")) {
      return true;
    }
    if (!LITERAL.matcher(name).matches()) {
      return false;
    }
    try {
      InetAddress address = InetAddress.getByName(name);
      return address.isLoopbackAddress()
          || address.isAnyLocalAddress()
          || NetworkInterface.getByInetAddress(address) != null;
    } catch (UnknownHostException | SocketException e) {
      // A number that is no address leads nowhere.
      return false;
    }
  }
}
