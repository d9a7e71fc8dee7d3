package dev.aegis.plugins.builtin;

import dev.aegis.egress.Network;
import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Member;
import dev.aegis.plugin.Plugin;
import dev.aegis.plugin.Request;
import dev.aegis.plugin.Verdict;
import java.net.InetAddress;
import java.util.List;

/** Lets callers pass by their addresses. */
public final class IpRestriction implements Plugin<IpRestriction.Config> {
  private static final Verdict REFUSED =
      new Verdict.Refuse(403, "This address may not use the route");

  /** As {@link java.util.ServiceLoader} wants it. */
  public IpRestriction() {}

  /** Who passes. */
  public record Config(
      @Member("Addresses and networks that pass; everybody if there are none.") List<String> allow,
      @Member("Addresses and networks that do not pass, even if they are allowed.")
          List<String> deny) {
    public Config {
      if (allow.isEmpty() && deny.isEmpty()) {
        throw new IllegalArgumentException("must have an address in allow or deny");
      }
      allow.forEach(Network::parse);
      deny.forEach(Network::parse);
    }
  }

  @Override
  public String name() {
    return "ip_restriction";
  }

  @Override
  public String description() {
    return "Lets callers pass by their addresses.";
  }

  @Override
  public Class<Config> config() {
    return Config.class;
  }

  @Override
  public Filter configure(Config config) {
    return new Restricting(
        config.allow().stream().map(Network::parse).toList(),
        config.deny().stream().map(Network::parse).toList());
  }

  private record Restricting(List<Network> allow, List<Network> deny)
      implements Filter.Authorizing {
    @Override
    public Verdict authorize(Request request) {
      InetAddress address = InetAddress.ofLiteral(request.address());
      boolean allowed = allow.isEmpty() || holds(allow, address);
      return allowed && !holds(deny, address) ? Verdict.PASS : REFUSED;
    }

    private static boolean holds(List<Network> networks, InetAddress address) {
      for (Network network : networks) {
        if (network.contains(address)) {
          return true;
        }
      }
      return false;
    }
  }
}
