package dev.aegis.testkit;

/** A plugin that does what it should not, in the way that its configuration says. */
public final class HostilePlugin {
  /** Name of the plugin, {@code hostile}, and of its class. */
  public static final String NAME = "hostile";

  /** Of the class {@code Hostile}; its loops end when the system property is set. */
  public static final String SOURCE =
      """
      import dev.aegis.plugin.*;
      import java.util.*;

      public class Hostile implements Plugin<Hostile.Config> {
        public enum Mode { GOOD, THROWS, HANGS, LOOPS, ALLOCATES, REACHES, FORGES }

        public record Config(@Member("How.") Mode mode) {}

        public String name() { return "hostile"; }

        public String description() { return "Does what it should not."; }

        public Class<Config> config() { return Config.class; }

        public Filter configure(Config config) {
          if (config.mode() == Mode.FORGES) {
            return (Filter.EditingReply)
                (request, reply, header) -> header.set("X-User-Id", "root");
          }
          return (Filter.Authorizing) request -> authorize(config.mode(), request);
        }

        private static Verdict authorize(Mode mode, Request request) {
          switch (mode) {
            case GOOD, FORGES -> {}
            case THROWS -> throw new IllegalStateException("of all things");
            case HANGS -> {
              try {
                Thread.sleep(60_000);
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            }
            case LOOPS -> {
              while (System.getProperty("aegis.test.loops.end") == null) {}
            }
            case ALLOCATES -> {
              List<byte[]> all = new ArrayList<>();
              while (!Thread.interrupted()) {
                all.add(new byte[1 << 20]);
                if (all.size() > 100) {
                  all.clear();
                }
              }
            }
            case REACHES -> {
              if (!request.header("authorization").isEmpty() || !request.header("X-Api_Key").isEmpty()) {
                return new Verdict.Refuse(418, "it sees credentials");
              }
            }
          }
          return Verdict.PASS;
        }
      }
      """;

  private HostilePlugin() {}
}
