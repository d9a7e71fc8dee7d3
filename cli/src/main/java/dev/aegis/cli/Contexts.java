package dev.aegis.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.chassis.Reasons;
import dev.aegis.chassis.SecretFile;
import dev.aegis.chassis.StartFailure;
import dev.aegis.model.NearName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The installations that this user has logged in to, each with its address and token under a name.
 *
 * @param current name of the one that is meant when nothing else says which; null for none
 * @param all by name
 */
record Contexts(@Nullable String current, SequencedMap<String, Context> all) {
  private static final String CURRENT = "current";
  private static final String CONTEXTS = "contexts";
  private static final String URL = "url";
  private static final String TOKEN = "token";
  private static final int MOST = 64;

  /** One installation. */
  record Context(String url, String token) {
    /** Without the token, so that no message can have it. */
    @Override
    public String toString() {
      return url;
    }
  }

  /** Where they are kept: {@code $XDG_CONFIG_HOME/aegis}, else {@code ~/.config/aegis}. */
  static Path file(Session session) {
    String chosen = session.environment().getOrDefault("XDG_CONFIG_HOME", "");
    // A relative path is to be ignored (XDG Base Directory Specification).
    Path base =
        chosen.startsWith("/")
            ? Path.of(chosen)
            : Path.of(session.environment().getOrDefault("HOME", ""), ".config");
    return base.resolve("aegis").resolve("contexts.json");
  }

  static boolean isName(String name) {
    return !name.isEmpty()
        && name.length() <= MOST
        && name.chars()
            .allMatch(
                c ->
                    c >= 'a' && c <= 'z'
                        || c >= 'A' && c <= 'Z'
                        || c >= '0' && c <= '9'
                        || "._:-".indexOf(c) >= 0);
  }

  static Contexts load(Session session) throws CommandFailure {
    Path file = file(session);
    SequencedMap<String, Context> all = new TreeMap<>();
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return new Contexts(null, all);
    }
    JsonNode document;
    try {
      document = AdminClient.JSON.readTree(SecretFile.read(file, "AEGIS_ADMIN_TOKEN"));
    } catch (StartFailure e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      // The parser's own text may quote a token.
      throw new CommandFailure(file + " holds no JSON; delete it and log in again", e);
    }
    for (Map.Entry<String, JsonNode> entry : document.path(CONTEXTS).properties()) {
      String url = entry.getValue().path(URL).textValue();
      String token = entry.getValue().path(TOKEN).textValue();
      if (url == null || token == null || !isName(entry.getKey())) {
        throw new CommandFailure(
            file + " is not what ./aegis login wrote; delete it and log in again");
      }
      all.put(entry.getKey(), new Context(url, token));
    }
    String current = document.path(CURRENT).textValue();
    return new Contexts(current != null && all.containsKey(current) ? current : null, all);
  }

  Contexts with(String name, Context context) {
    SequencedMap<String, Context> more = new TreeMap<>(all);
    more.put(name, context);
    return new Contexts(name, more);
  }

  Contexts without(String name) {
    SequencedMap<String, Context> fewer = new TreeMap<>(all);
    fewer.remove(name);
    return new Contexts(name.equals(current) ? null : current, fewer);
  }

  /**
   * The one of this name.
   *
   * @throws CommandFailure when there is none, naming the near one
   */
  Context named(String name) throws CommandFailure {
    Context context = all.get(name);
    if (context == null) {
      String near = NearName.of(name, all.keySet());
      throw new CommandFailure(
          "there is no context \""
              + name
              + "\""
              + (near == null
                  ? "; see ./aegis context list, or make it with ./aegis login"
                  : "; did you mean \"" + near + "\"?"));
    }
    return context;
  }

  /** Writes them for their owner alone; who reads meanwhile sees the old ones or the new ones. */
  void save(Session session) throws CommandFailure {
    ObjectNode document = AdminClient.JSON.createObjectNode();
    document.put(CURRENT, current);
    ObjectNode contexts = document.putObject(CONTEXTS);
    all.forEach(
        (name, context) ->
            contexts.putObject(name).put(URL, context.url()).put(TOKEN, context.token()));
    Path file = file(session);
    Path made = file.resolveSibling(".contexts." + UUID.randomUUID());
    try {
      Path folder = file.toAbsolutePath().getParent();
      if (folder != null && !Files.isDirectory(folder)) {
        Path above = folder.getParent();
        if (above != null) {
          Files.createDirectories(above);
        }
        Files.createDirectories(
            folder,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
      try {
        Files.createFile(
            made,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (FileChannel channel = FileChannel.open(made, StandardOpenOption.WRITE)) {
          ByteBuffer bytes =
              ByteBuffer.wrap((document.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8));
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
          channel.force(true);
        }
        Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(made);
      }
    } catch (IOException e) {
      throw new CommandFailure("cannot write " + file + ": " + Reasons.of(e), e);
    }
  }
}
