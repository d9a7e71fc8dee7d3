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
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A running suite, as a command finds it.
 *
 * @param admin base URI of its admin API
 * @param token the platform administrator's
 * @param services base URI of each service's management, as far as the suite announced them
 */
record Suite(URI admin, String token, SequencedMap<String, URI> services) {
  private static final String URL_VARIABLE = "AEGIS_ADMIN_URL";
  private static final String TOKEN_VARIABLE = "AEGIS_ADMIN_TOKEN";

  /** Finds the suite: by the environment, else by what {@code ./aegis up} left in {@code data}. */
  static Suite find(Session session, Path data) throws CommandFailure {
    String url = session.environment().getOrDefault(URL_VARIABLE, "");
    String token = session.environment().getOrDefault(TOKEN_VARIABLE, "").strip();
    if (!url.isEmpty()) {
      return new Suite(uri(url, URL_VARIABLE), token(token, data), new LinkedHashMap<>());
    }
    Path file = data.resolve("run.json");
    JsonNode announced = announced(data, file);
    SequencedMap<String, URI> services = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> service : announced.path("services").properties()) {
      services.put(service.getKey(), uri(service.getValue().asText(), file.toString()));
    }
    return new Suite(
        uri(announced.path("admin_url").asText(), file.toString()), token(token, data), services);
  }

  private static JsonNode announced(Path data, Path file) throws CommandFailure {
    try {
      return new ObjectMapper().readTree(Files.readAllBytes(file));
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

  /** The token given, else that of the file; never part of a message. */
  private static String token(String given, Path data) throws CommandFailure {
    Path file = data.resolve("admin-token");
    String token;
    try {
      token = given.isEmpty() ? SecretFile.read(file, TOKEN_VARIABLE) : given;
    } catch (StartFailure e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    }
    if (!token.chars().allMatch(c -> c >= ' ' && c < 0x7f)) {
      throw new CommandFailure(
          (given.isEmpty() ? file : TOKEN_VARIABLE)
              + ": no token has line ends or characters beyond ASCII");
    }
    return token;
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
