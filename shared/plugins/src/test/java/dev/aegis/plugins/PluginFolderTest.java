package dev.aegis.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.model.Finding;
import dev.aegis.plugin.Plugin;
import dev.aegis.testkit.PluginSource;
import dev.aegis.testkit.WasmModule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jars that come, change and go. */
final class PluginFolderTest {
  private static final String SOURCE =
      """
      import dev.aegis.plugin.*;

      public class Hello implements Plugin<Hello.Config> {
        public record Config() {}

        public String name() { return "hello"; }

        public String description() {
          try (var in = Hello.class.getResourceAsStream("version")) {
            return new String(in.readAllBytes());
          } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        }

        public Class<Config> config() { return Config.class; }

        public Filter configure(Config config) { return new Filter() {}; }
      }
      """;

  @TempDir Path folder;
  @TempDir Path work;

  private Path jar;
  private PluginSource hello;

  @BeforeEach
  void compile() throws Exception {
    jar = folder.resolve("hello.jar");
    hello = new PluginSource(work, Plugin.class, "Hello", SOURCE);
  }

  @Test
  void aWebAssemblyModuleIsAPluginOfItsOwn() throws Exception {
    Path module = folder.resolve("my-own.wasm");
    try (PluginFolder plugins = new PluginFolder(folder)) {
      Files.write(module, WasmModule.PROBE.binary());
      assertThat(plugins.look()).isTrue();
      Installed own = plugins.get().find("my_own");
      assertThat(own).hasToString("my_own (my-own.wasm)");
      assertThat(own.trusted()).isFalse();
      Files.writeString(module, "broken");
      assertThat(plugins.look()).isTrue();
      assertThat(plugins.get().findings())
          .extracting(Finding::message)
          .containsExactly("it cannot be loaded: it is no WebAssembly binary");
      assertThat(plugins.get().find("my_own")).isSameAs(own);
      Files.delete(module);
      assertThat(plugins.look()).isTrue();
      assertThat(plugins.get().find("my_own")).isNull();
    }
  }

  @Test
  void followsAJar() throws Exception {
    try (PluginFolder plugins = new PluginFolder(folder)) {
      assertThat(plugins.get().find("hello")).isNull();
      assertThat(plugins.look()).isFalse();
      hello.pack(jar, "one");
      assertThat(plugins.look()).isTrue();
      assertThat(description(plugins)).isEqualTo("one");
      assertThat(plugins.look()).isFalse();
      hello.pack(jar, "another");
      assertThat(plugins.look()).isTrue();
      assertThat(description(plugins)).isEqualTo("another");
      Files.delete(jar);
      assertThat(plugins.look()).isTrue();
      assertThat(plugins.get().find("hello")).isNull();
      assertThat(plugins.get().findings()).isEmpty();
    }
  }

  @Test
  void aBrokenJarLeavesTheVersionBeforeInForce() throws Exception {
    hello.pack(jar, "one");
    byte[] good = Files.readAllBytes(jar);
    try (PluginFolder plugins = new PluginFolder(folder)) {
      Files.write(jar, Arrays.copyOf(good, good.length / 2));
      assertThat(plugins.look()).isTrue();
      assertThat(description(plugins)).isEqualTo("one");
      assertThat(messages(plugins)).containsExactly("it cannot be loaded: it is no whole jar");
      assertThat(plugins.look()).isFalse();
      Files.write(jar, good);
      assertThat(plugins.look()).isTrue();
      assertThat(messages(plugins)).isEmpty();
      assertThat(description(plugins)).isEqualTo("one");
    }
  }

  @Test
  void takesNoNameTwice() throws Exception {
    hello.pack(jar, "one");
    hello.pack(folder.resolve("other.jar"), "two");
    try (PluginFolder plugins = new PluginFolder(folder)) {
      assertThat(description(plugins)).isEqualTo("one");
      assertThat(messages(plugins))
          .containsExactly("there is a plugin \"hello\" already: hello (hello.jar)");
    }
  }

  @Test
  void loadsOnlyWhatIsPinned() throws Exception {
    hello.pack(jar, "one");
    Path pins = folder.resolve(PluginFolder.PINS);
    Files.writeString(pins, "0".repeat(64) + "  hello.jar\n");
    try (PluginFolder plugins = new PluginFolder(folder)) {
      assertThat(plugins.get().find("hello")).isNull();
      assertThat(messages(plugins)).containsExactly("it is not what SHA256SUMS says");
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(jar));
      Files.writeString(pins, HexFormat.of().formatHex(digest) + "  hello.jar\n");
      assertThat(plugins.look()).isTrue();
      assertThat(description(plugins)).isEqualTo("one");
      hello.pack(jar, "forged");
      assertThat(plugins.look()).isTrue();
      assertThat(plugins.get().find("hello")).isNull();
    }
  }

  @Test
  void seesNothingOfAegisBesideTheApi() throws Exception {
    hello.pack(jar, "one");
    try (PluginFolder plugins = new PluginFolder(folder)) {
      ClassLoader loader = plugins.get().byName().get("hello").loader();
      assertThat(Class.forName("dev.aegis.plugin.Plugin", false, loader)).isSameAs(Plugin.class);
      for (String hidden : List.of("dev.aegis.plugins.Plugins", "dev.aegis.journal.Json")) {
        assertThat(found(hidden, loader)).isFalse();
      }
    }
  }

  private static boolean found(String name, ClassLoader loader) {
    try {
      return Class.forName(name, false, loader) != null;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  private static String description(PluginFolder plugins) {
    return plugins.get().byName().get("hello").schema().get("description").asText();
  }

  private static List<String> messages(PluginFolder plugins) {
    return plugins.get().findings().stream().map(Finding::message).toList();
  }
}
