package dev.aegis.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.chassis.SecretFile;
import dev.aegis.chassis.StartFailure;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A running suite, as a command finds it.
 *
 * @param admin base URI of its admin API
 * @param token the platform administrator's
 */
record Suite(URI admin, String token) {
  private static final String URL_VARIABLE = "AEGIS_ADMIN_URL";
  private static final String TOKEN_VARIABLE = "AEGIS_ADMIN_TOKEN";

  /** Finds the suite: by the environment, else by what {@code ./aegis up} left in {@code data}. */
  static Suite find(Session session, Path data) throws CommandFailure {
    String url = session.environment().getOrDefault(URL_VARIABLE, "");
    String token = session.environment().getOrDefault(TOKEN_VARIABLE, "");
    URI admin =
        url.isEmpty()
            ? uri(announced(data), data.resolve("run.json").toString())
            : uri(url, URL_VARIABLE);
    return new Suite(admin, token.isEmpty() ? token(data) : token);
  }

  private static String announced(Path data) throws CommandFailure {
    Path file = data.resolve("run.json");
    try {
      JsonNode run = new ObjectMapper().readTree(Files.readAllBytes(file));
      String url = run.path("admin_url").asText();
      if (!url.isEmpty()) {
        return url;
      }
      throw new CommandFailure(file + " does not say where the admin API is");
    } catch (NoSuchFileException e) {
      throw new CommandFailure(
          "no suite is running in "
              + data.toAbsolutePath().normalize()
              + ": start one with ./aegis up, name its data directory with --data, or set "
              + URL_VARIABLE
              + " and "
              + TOKEN_VARIABLE,
          e);
    } catch (IOException e) {
      throw new CommandFailure("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private static String token(Path data) throws CommandFailure {
    try {
      return SecretFile.read(data.resolve("admin-token"), TOKEN_VARIABLE);
    } catch (StartFailure e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    }
  }

  private static URI uri(String text, String source) throws CommandFailure {
    try {
      URI uri = new URI(text);
      if (("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
          && uri.getHost() != null) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // Said below.
    }
    throw new CommandFailure(source + ": must be a URL such as http://127.0.0.1:4567");
  }
}
