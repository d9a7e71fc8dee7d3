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
import org.jspecify.annotations.Nullable;

/**
 * A running suite, as a command finds it.
 *
 * @param admin base URI of its admin API
 * @param token an operator's
 * @param services base URI of each service's management, as far as the suite announced them
 */
record Suite(URI admin, String token, SequencedMap<String, URI> services) {
  private static final String URL_VARIABLE = "AEGIS_ADMIN_URL";
  private static final String RUN = "run.json";
  private static final String TOKEN_VARIABLE = "AEGIS_ADMIN_TOKEN";

  /** What says which suite is meant, the first of them that does. */
  private enum Source {
    OPTION,
    ENVIRONMENT,
    DATA,
    CONTEXT
  }

  /**
   * Finds the suite: by {@code --context}, else by the environment, else by what {@code ./aegis up}
   * left in the data directory, else by the context in use. A token that was stored for one
   * installation goes to no other.
   */
  static Suite find(Session session, DataFolder data) throws CommandFailure {
    String token = session.environment().getOrDefault(TOKEN_VARIABLE, "").strip();
    return switch (sourceOf(session, data)) {
      case OPTION -> remembered(session, String.valueOf(data.context()));
      case ENVIRONMENT ->
          new Suite(
              uri(session.environment().getOrDefault(URL_VARIABLE, ""), URL_VARIABLE),
              token(token, data.path()),
              new LinkedHashMap<>());
      case DATA -> announced(data.path(), token);
      case CONTEXT -> remembered(session, String.valueOf(Contexts.load(session).current()));
    };
  }

  /** What said which suite is meant, for a person. */
  static String source(Session session, DataFolder data) throws CommandFailure {
    return switch (sourceOf(session, data)) {
      case OPTION -> "--context";
      case ENVIRONMENT -> URL_VARIABLE;
      case DATA -> "the data directory " + data.path().toAbsolutePath().normalize();
      case CONTEXT -> "the context in use, " + Contexts.load(session).current();
    };
  }

  private static Source sourceOf(Session session, DataFolder data) throws CommandFailure {
    if (data.context() != null) {
      return Source.OPTION;
    }
    if (!session.environment().getOrDefault(URL_VARIABLE, "").isEmpty()) {
      return Source.ENVIRONMENT;
    }
    if (data.named() || Files.exists(data.path().resolve(RUN))) {
      return Source.DATA;
    }
    return Contexts.load(session).current() == null ? Source.DATA : Source.CONTEXT;
  }

  private static Suite remembered(Session session, String name) throws CommandFailure {
    Contexts.Context context = Contexts.load(session).named(name);
    return new Suite(
        uri(context.url(), Contexts.file(session).toString()),
        context.token(),
        new LinkedHashMap<>());
  }

  private static Suite announced(Path data, String token) throws CommandFailure {
    Path file = data.resolve(RUN);
    JsonNode announced = announcement(data, file);
    SequencedMap<String, URI> services = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> service : announced.path("services").properties()) {
      services.put(service.getKey(), uri(service.getValue().asText(), file.toString()));
    }
    return new Suite(
        uri(announced.path("admin_url").asText(), file.toString()), token(token, data), services);
  }

  private static JsonNode announcement(Path data, Path file) throws CommandFailure {
    try {
      return new ObjectMapper().readTree(Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      throw new CommandFailure(
          "no suite is running in "
              + data.toAbsolutePath().normalize()
              + ": start one with ./aegis up, name its data directory with --data, log in to one"
              + " with ./aegis login, or set "
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

  /** The base of an admin API, or null when the text is none. */
  static @Nullable URI base(String text) {
    try {
      URI uri = new URI(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
      return ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
              && uri.getHost() != null
              && uri.getRawUserInfo() == null
              && uri.getRawPath().isEmpty()
              && uri.getRawQuery() == null
              && uri.getRawFragment() == null
          ? uri
          : null;
    } catch (URISyntaxException e) {
      return null;
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
