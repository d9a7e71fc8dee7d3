package dev.aegis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands about plugins themselves. */
final class PluginCommandsTest {
  private static final String SERVICE = "META-INF/services/dev.aegis.plugin.Plugin";
  private static final String CATALOG = "GET /admin/plugins/catalog";
  private static final String NODES = "GET /admin/nodes?limit=500";
  private static final String FOUND =
      "{\"items\":[{\"id\":\"gateway-1\",\"live\":true,\"findings\":["
          + "{\"severity\":\"error\",\"subject\":\"plugins/greeting.jar\","
          + "\"message\":\"it cannot be loaded: no such class\"},"
          + "{\"severity\":\"error\",\"subject\":\"tenants/a/plugins/x\","
          + "\"message\":\"it failed too often\"}]}]}";

  @TempDir private Path data;
  private SmallAdmin admin;

  @BeforeEach
  void start() throws IOException {
    admin = new SmallAdmin();
  }

  @AfterEach
  void stop() {
    admin.close();
  }

  private Run run(String... args) {
    return Run.of(
        Map.of(
            "AEGIS_ADMIN_URL", admin.uri().toString(),
            "AEGIS_ADMIN_TOKEN", "secret-token",
            "AEGIS_DATA", data.toString()),
        data,
        "",
        args);
  }

  private Path jar(String entry) throws IOException {
    Path jar = data.resolve("greeting.jar");
    try (OutputStream out = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry(entry));
      zip.closeEntry();
    }
    return jar;
  }

  @Test
  void makesAProjectOnceAndTouchesNoOther() throws Exception {
    String into = "--into=" + data;
    assertThat(run("plugin", "create", "my_own_plugin", into).out())
        .startsWith("made " + data.resolve("my_own_plugin"));
    Path source = data.resolve("my_own_plugin/src/main/java/example/MyOwnPluginPlugin.java");
    assertThat(source).content().contains("class MyOwnPluginPlugin ", "\"my_own_plugin\"");
    assertThat(data.resolve("my_own_plugin/src/main/resources/" + SERVICE))
        .hasContent("example.MyOwnPluginPlugin");
    Files.writeString(source, "mine");
    Run again = run("plugin", "create", "my_own_plugin", into);
    assertThat(again.code()).isEqualTo(1);
    assertThat(again.err()).contains("is there already");
    assertThat(source).hasContent("mine");
    assertThat(admin.asked()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"../up", "Upper", "9lives", "a-b", "a/b", "é"})
  void makesNoneOfANameThatNoPluginCanHave(String name) {
    Run run = run("plugin", "create", name, "--into=" + data.resolve("below"));
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("a plugin's name is of");
    assertThat(data).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(strings = {"p --dry-run", "p --wait", "p --json", "p --into . -t acme"})
  void saysWhatDoesNotGoTogether(String words) {
    assertThat(run(("plugin create " + words).split(" ")).code()).isEqualTo(2);
    assertThat(admin.asked()).isEmpty();
  }

  @Test
  void installsAJarAndSaysWhatTheSuiteThenHas() throws Exception {
    admin.on(CATALOG, 200, "{\"items\":[]}");
    admin.on(CATALOG, 200, "{\"items\":[]}");
    admin.on(NODES, 200, "{\"items\":[]}");
    admin.on(
        CATALOG,
        200,
        "{\"items\":[{\"name\":\"rate_limit\",\"source\":\"built_in\"},"
            + "{\"name\":\"greeting\",\"source\":\"greeting.jar\"}]}");
    Path jar = jar(SERVICE);
    Run run = run("plugin", "install", jar.toString());
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).isEqualTo("greeting.jar installed: greeting\n");
    assertThat(data.resolve("plugins"))
        .isDirectoryContaining(each -> each.endsWith("greeting.jar"))
        .isDirectoryNotContaining(each -> each.endsWith("greeting.jar.new"));
    assertThat(data.resolve("plugins/greeting.jar")).hasSameBinaryContentAs(jar);
  }

  @Test
  void installsNothingThatIsNoPluginOrIsNotLetIn() throws Exception {
    assertThat(run("plugin", "install", data.resolve("none.jar").toString()).err())
        .contains("there is no jar");
    assertThat(run("plugin", "install", jar("other").toString()).err()).contains("so no plugin");
    Path broken = Files.writeString(data.resolve("broken.jar"), "no jar");
    assertThat(run("plugin", "install", broken.toString()).err()).contains("is no jar");
    Path pins = Files.createDirectories(data.resolve("plugins")).resolve("SHA256SUMS");
    Files.writeString(pins, "00  greeting.jar\n");
    admin.on(CATALOG, 200, "{\"items\":[]}");
    Run refused = run("plugin", "install", jar(SERVICE).toString());
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err()).contains("SHA256SUMS does not let it in").contains("  greeting.jar");
    assertThat(data.resolve("plugins/greeting.jar")).doesNotExist();
  }

  /** The version before is still there, and would pass for it. */
  @Test
  void saysWhyAJarInThePlaceOfAnotherIsNotLoaded() throws Exception {
    String old =
        "{\"items\":[{\"name\":\"greeting\",\"source\":\"greeting.jar\",\"sha256\":\"00\"}]}";
    for (int i = 0; i < 3; i++) {
      admin.on(CATALOG, 200, old);
      admin.on(NODES, 200, FOUND);
    }
    Run run = run("plugin", "install", jar(SERVICE).toString());
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .contains(
            "greeting.jar is in place, but not loaded: plugins/greeting.jar on gateway-1: "
                + "it cannot be loaded: no such class");
  }

  @Test
  void listsWhatIsWrongWithPluginsToo() {
    admin.on("GET /admin/plugins?limit=500", 200, "{\"items\":[]}");
    admin.on(NODES, 200, FOUND);
    Run all = run("plugin", "list");
    assertThat(all.code()).isZero();
    assertThat(all.err())
        .isEqualTo(
            "aegis: plugins/greeting.jar on gateway-1: it cannot be loaded: no such class\n");
    admin.on("GET /admin/tenants/a/plugins?limit=500", 200, "{\"items\":[]}");
    admin.on(NODES, 200, FOUND);
    assertThat(run("plugin", "list", "--tenant", "a").err())
        .isEqualTo("aegis: tenants/a/plugins/x on gateway-1: it failed too often\n");
  }

  @Test
  void looksForTheFolderInTheSettingsFile() throws Exception {
    Path file =
        Files.writeString(
            data.resolve("aegis.yaml"),
            "gateway:\n  port: 1\nplugins:\n  folder: " + data.resolve("jars") + "\n");
    String config = "--config=" + file;
    assertThat(run("plugin", "reload", config).out())
        .isEqualTo("jars looked at anew in " + data.resolve("jars") + ": 0\n");
    Files.writeString(file, "plugins:\n  foldr: x\n");
    assertThat(run("plugin", "reload", config).err()).contains("there is no plugins.foldr");
  }

  @Test
  void reloadMakesJarsLookNew() throws Exception {
    assertThat(run("plugin", "reload").out()).endsWith(": 0\n");
    Path jar = Files.createDirectories(data.resolve("plugins")).resolve("greeting.jar");
    Files.setLastModifiedTime(Files.writeString(jar, "x"), FileTime.fromMillis(0));
    assertThat(run("plugin", "reload").out()).endsWith(": 1\n");
    assertThat(Files.getLastModifiedTime(jar).toInstant()).isEqualTo(Run.NOW);
  }
}
