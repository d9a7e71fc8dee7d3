package dev.aegis.cli;

import dev.aegis.plugin.Plugin;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A new Maven project of a plugin that works, with its test and the plugin API, so that it can be
 * built without anything of Aegis.
 */
final class PluginProject {
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,62}");

  private final String name;
  private final String className;
  private final Path home;

  /**
   * @param name of the plugin
   * @param home folder of the installation
   * @throws CommandFailure if no plugin can be called that
   */
  PluginProject(String name, Path home) throws CommandFailure {
    if (!NAME.matcher(name).matches()) {
      throw new CommandFailure(
          "a plugin's name is of a-z, 0-9 and _, begins with a letter and has 63 characters at"
              + " most, not \""
              + name
              + "\"");
    }
    this.name = name;
    this.className = className(name);
    this.home = home;
  }

  /** What comes behind it keeps it apart from the classes of the JDK and from reserved words. */
  private static String className(String name) {
    StringBuilder made = new StringBuilder();
    for (String word : name.split("_", -1)) {
      if (!word.isEmpty()) {
        made.append(word.substring(0, 1).toUpperCase(Locale.ROOT)).append(word.substring(1));
      }
    }
    return made.append("Plugin").toString();
  }

  /** The folder {@code name} below {@code parent}, which must not be there yet. */
  Path folder(Path parent) throws CommandFailure {
    Path folder = parent.resolve(name);
    if (Files.exists(folder)) {
      throw new CommandFailure(folder + " is there already");
    }
    return folder;
  }

  /** Makes it in the folder {@code name} below {@code parent}, which must not be there yet. */
  Path make(Path parent) throws CommandFailure {
    Path folder = folder(parent);
    try {
      Path main = Files.createDirectories(folder.resolve("src/main/java/example"));
      Path test = Files.createDirectories(folder.resolve("src/test/java/example"));
      Path services =
          Files.createDirectories(folder.resolve("src/main/resources/META-INF/services"));
      Path library = Files.createDirectories(folder.resolve("lib"));
      Files.writeString(folder.resolve("pom.xml"), filled("plugin/pom.xml.txt"));
      Files.writeString(folder.resolve("README.md"), filled("plugin/README.md.txt"));
      Files.writeString(main.resolve(className + ".java"), filled("plugin/Plugin.java.txt"));
      Files.writeString(
          test.resolve(className + "Test.java"), filled("plugin/PluginTest.java.txt"));
      Files.writeString(
          services.resolve(Plugin.class.getName()),
          "example." + className + System.lineSeparator());
      bring(library.resolve("aegis-plugin-api.jar"));
    } catch (IOException e) {
      throw new CommandFailure("cannot write " + folder + ": " + e.getMessage(), e);
    }
    return folder;
  }

  /** A template with what is this project's own. */
  String filled(String template) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(PluginProject.class.getResourceAsStream(template))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .replace("@NAME@", name)
          .replace("@CLASS@", className)
          .replace("@AEGIS@", shellWord(home.resolve("aegis").toAbsolutePath().toString()));
    }
  }

  /** The text as one word of a shell. */
  private static String shellWord(String text) {
    return text.chars().allMatch(c -> Character.isLetterOrDigit(c) || "/._-+".indexOf(c) >= 0)
        ? text
        : "'" + text.replace("'", "'\\''") + "'";
  }

  /** The API is a jar in an installation, and a folder of classes where Aegis itself is built. */
  private static void bring(Path jar) throws IOException {
    Path api;
    try {
      api = Path.of(Plugin.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IOException("the plugin API is nowhere: " + e.getMessage(), e);
    }
    if (Files.isRegularFile(api)) {
      Files.copy(api, jar, StandardCopyOption.REPLACE_EXISTING);
      return;
    }
    List<Path> classes;
    try (Stream<Path> files = Files.walk(api)) {
      classes = files.filter(Files::isRegularFile).sorted().toList();
    }
    try (OutputStream out = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Path each : classes) {
        zip.putNextEntry(new ZipEntry(api.relativize(each).toString().replace('\\', '/')));
        Files.copy(each, zip);
        zip.closeEntry();
      }
    }
  }
}
