package dev.aegis.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/**
 * A plugin that a test writes: compiled against the plugin API alone, and packed into jars like
 * anybody's.
 */
public final class PluginSource {
  private final Map<String, byte[]> classes = new TreeMap<>();
  private final String name;

  /**
   * Compiles.
   *
   * @param folder of the test's own
   * @param api any class of the plugin API
   * @param name of the public class, in no package
   */
  public PluginSource(Path folder, Class<?> api, String name, String source) throws IOException {
    this.name = name;
    Path sources = Files.createDirectories(folder.resolve("src-" + name));
    Path output = Files.createDirectories(folder.resolve("classes-" + name));
    Path file = sources.resolve(name + ".java");
    Files.writeString(file, source);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    List<String> arguments = new ArrayList<>(List.of("-proc:none", "-cp", where(api).toString()));
    arguments.addAll(List.of("-d", output.toString(), file.toString()));
    if (compiler.run(null, said, said, arguments.toArray(String[]::new)) != 0) {
      throw new AssertionError(said.toString(StandardCharsets.UTF_8));
    }
    try (Stream<Path> files = Files.list(output)) {
      for (Path each : files.toList()) {
        classes.put(String.valueOf(each.getFileName()), Files.readAllBytes(each));
      }
    }
  }

  private static Path where(Class<?> api) {
    try {
      return Path.of(api.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * Puts a jar in the place of {@code jar}, at once.
   *
   * @param version content of its resource {@code version}
   */
  public void pack(Path jar, String version) throws IOException {
    Path beside = jar.resolveSibling(jar.getFileName() + ".new");
    try (OutputStream out = Files.newOutputStream(beside);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, byte[]> each : classes.entrySet()) {
        put(zip, each.getKey(), each.getValue());
      }
      put(zip, "META-INF/services/dev.aegis.plugin.Plugin", name.getBytes(StandardCharsets.UTF_8));
      put(zip, "version", version.getBytes(StandardCharsets.UTF_8));
    }
    Files.move(beside, jar, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void put(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
    zip.putNextEntry(new ZipEntry(name));
    zip.write(bytes);
    zip.closeEntry();
  }
}
