package dev.aegis.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Remembers an installation and a token for it. The token comes from standard input or a prompt: a
 * command line can be seen by every user of the machine, and stays in the shell's history.
 */
@Command(
    name = "login",
    mixinStandardHelpOptions = true,
    description =
        "Remembers an installation under a name, with a token read from standard input or asked"
            + " for, once it has taken the token.")
final class LoginCommand implements Callable<Integer> {
  private static final int USUAL_PORT = 4567;
  private static final int MOST = 16_384;

  private final Session session;

  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "URL", description = "Its admin API, such as https://admin.acme.test")
  private String url = "";

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "Name of the context (default the host)")
  private @Nullable String name;

  LoginCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws CommandFailure {
    URI admin = Suite.base(url);
    if (admin == null) {
      throw wrong("URL: must be one such as http://127.0.0.1:4567, without a path");
    }
    String called = name == null ? host(admin) : name;
    if (!Contexts.isName(called)) {
      throw wrong("--name: must be 1 to 64 letters, digits, '.', '_', ':' and '-'");
    }
    Contexts known = Contexts.load(session);
    String token = token();
    try (AdminClient client = new AdminClient(new Suite(admin, token, new LinkedHashMap<>()))) {
      client.get("/admin/nodes?limit=1");
    }
    known.with(called, new Contexts.Context(admin.toString(), token)).save(session);
    session.out().println("logged in to " + admin + ", context " + called + " is in use");
    if (admin.getScheme().equals("http") && !isHere(admin.getHost())) {
      session
          .err()
          .println("aegis: " + admin + " is not encrypted: who is on the way can read the token");
    }
    return 0;
  }

  private static String host(URI admin) {
    // A name has no brackets, as addresses of IPv6 have in a URL.
    String host = admin.getHost().replace("[", "").replace("]", "");
    return admin.getPort() < 0 || admin.getPort() == USUAL_PORT
        ? host
        : host + ":" + admin.getPort();
  }

  private static boolean isHere(String host) {
    return host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]");
  }

  private String token() throws CommandFailure {
    String typed = session.prompt().ask("Token: ");
    String token = typed == null ? piped() : typed.strip();
    if (token.isEmpty()) {
      throw new CommandFailure("no token was given: type it, or pipe it to standard input");
    }
    if (!token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new CommandFailure("the token must be one word of ASCII characters");
    }
    return token;
  }

  private String piped() throws CommandFailure {
    try {
      return new String(session.in().readNBytes(MOST), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new CommandFailure("cannot read the token: " + e.getMessage(), e);
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
  }
}
