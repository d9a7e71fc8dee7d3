package dev.aegis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Installations that somebody has logged in to, and which one a command speaks to. */
final class ContextsTest {
  private static final String NODES = "GET /admin/nodes?limit=1";
  private static final String TENANTS = "GET /admin/tenants?limit=500";
  private static final String NONE = "{\"items\":[],\"next_cursor\":null}";

  @TempDir private Path home;
  private SmallAdmin admin;
  private SmallAdmin other;
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void start() throws IOException {
    admin = new SmallAdmin().on(NODES, 200, NONE).on(TENANTS, 200, NONE);
    other = new SmallAdmin().on(NODES, 200, NONE).on(TENANTS, 200, NONE);
    environment.put("XDG_CONFIG_HOME", home.resolve("conf").toString());
  }

  @AfterEach
  void stop() {
    admin.close();
    other.close();
  }

  private Run run(String in, String... args) {
    return Run.of(environment, home, in, args);
  }

  private void login(SmallAdmin where, String name) {
    Run run = run("token-of-" + name + "\n", "login", where.uri().toString(), "--name", name);
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
  }

  @Test
  void loginKeepsATokenThatWasTakenForItsOwnerAlone() throws Exception {
    login(admin, "a");
    Path file = home.resolve("conf/aegis/contexts.json");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())))
        .isEqualTo("rwx------");
    assertThat(admin.asked().getFirst().authorization()).isEqualTo("Bearer token-of-a");
    assertThat(run("", "tenant", "list").code()).isZero();
    assertThat(admin.asked().getLast().authorization()).isEqualTo("Bearer token-of-a");
    try (var files = Files.list(file.getParent())) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void nobodyIsAskedWhereThereIsNoTerminal() {
    assertThat(Prompt.terminal().ask("Token: ")).isNull(); // tests run without one
  }

  @Test
  void loginWithATokenThatIsRefusedKeepsNothing() throws Exception {
    try (SmallAdmin strict = new SmallAdmin()) {
      strict.on(NODES, 401, "{\"code\":\"invalid_token\",\"detail\":\"no\"}");
      Run run = run("hunter2", "login", strict.uri().toString());
      assertThat(run.code()).isEqualTo(1);
      assertThat(run.err()).doesNotContain("hunter2");
    }
    assertThat(home.resolve("conf")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  \n", "two words", "two\nlines", "caf\u00e9"})
  void whatIsNoTokenIsNotSent(String token) {
    Run run = run(token, "login", admin.uri().toString());
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("token");
    assertThat(admin.asked()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"here", "ftp://a", "http://u:p@a", "http://a/x", "http://a?x", "http://a#x"})
  void whatIsNoAddressIsAMistake(String url) {
    assertThat(run("t", "login", url).code()).isEqualTo(2);
    assertThat(run("t", "login", admin.uri().toString(), "--name", "a b").code()).isEqualTo(2);
    assertThat(run("t", "login", admin.uri().toString(), "--token", "t").code()).isEqualTo(2);
  }

  @Test
  void contextsAreListedUsedAndForgotten() {
    login(admin, "a");
    login(other, "b");
    Run list = run("", "context", "list");
    assertThat(list.out())
        .isEqualTo(
            "NAME  URL                     IN USE\na     %s  -\nb     %s  yes\n"
                .formatted(admin.uri(), other.uri())
                .replace(
                    "URL                     ",
                    "URL" + " ".repeat(admin.uri().toString().length() - 1)));
    assertThat(run("", "context", "list", "--json").out()).doesNotContain("token-of");
    assertThat(run("", "context", "show", "a").out()).contains(admin.uri().toString());
    assertThat(run("", "context", "use", "a").code()).isZero();
    assertThat(run("", "tenant", "list").code()).isZero();
    assertThat(admin.asked().getLast().line()).isEqualTo(TENANTS);
    assertThat(run("", "tenant", "list", "--context", "b").code()).isZero();
    assertThat(run("", "--context", "b", "status").err()).doesNotContain("no suite");
    assertThat(other.asked().get(1).authorization()).isEqualTo("Bearer token-of-b");
    assertThat(run("", "context", "delete", "a").code()).isZero();
    Run gone = run("", "tenant", "list");
    assertThat(gone.code()).isEqualTo(1);
    assertThat(gone.err()).contains("./aegis login");
    assertThat(run("", "context", "use", "a").err()).contains("there is no context \"a\"");
  }

  @Test
  void theCommandLineIsFirstThenTheEnvironmentThenTheDataDirectoryThenTheContext()
      throws Exception {
    login(admin, "a");
    login(other, "bb");
    assertThat(found()).contains(other.uri().toString()).contains("the context in use, bb");
    Path data = Files.createDirectories(home.resolve(".aegis"));
    Files.writeString(data.resolve("run.json"), "{\"admin_url\":\"http://127.0.0.1:1\"}");
    Files.writeString(data.resolve("admin-token"), "of-data");
    Files.setPosixFilePermissions(
        data.resolve("admin-token"), PosixFilePermissions.fromString("rw-------"));
    assertThat(found()).contains("http://127.0.0.1:1").contains("the data directory");
    environment.put("AEGIS_ADMIN_URL", "http://127.0.0.1:2");
    environment.put("AEGIS_ADMIN_TOKEN", "of-environment");
    assertThat(found()).contains("http://127.0.0.1:2").contains("AEGIS_ADMIN_URL");
    assertThat(found("--context", "a")).contains(admin.uri().toString()).contains("--context");
    assertThat(run("", "tenant", "list", "--context", "a").code()).isZero();
    assertThat(admin.asked().getLast().authorization()).isEqualTo("Bearer token-of-a");
    Run missing = run("", "tenant", "list", "--context", "ba");
    assertThat(missing.code()).isEqualTo(1);
    assertThat(missing.err()).contains("there is no context \"ba\"");
    environment.remove("AEGIS_ADMIN_URL");
    environment.put("AEGIS_DATA", home.resolve("elsewhere").toString());
    assertThat(run("", "tenant", "list").err()).contains("elsewhere");
  }

  private String found(String... more) {
    String[] args = new String[more.length + 2];
    args[0] = "context";
    args[1] = "show";
    System.arraycopy(more, 0, args, 2, more.length);
    Run run = run("", args);
    assertThat(run.err()).isEmpty();
    return run.out();
  }

  @Test
  void aFileThatOthersCanReadOrThatIsBrokenIsNotUsed() throws Exception {
    login(admin, "a");
    Path file = home.resolve("conf/aegis/contexts.json");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    assertThat(run("", "tenant", "list").err()).contains("can be read or written by other users");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    Files.writeString(file, "{\"contexts\":{\"a\":{\"url\":\"hunter2\"");
    Run run = run("", "context", "list");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("holds no JSON").doesNotContain("hunter2");
  }

  @Test
  void aTokenOfTheDemoIssuerHasNoContext() {
    assertThat(run("", "token", "--tenant", "t", "--subject", "s", "--context", "a").code())
        .isEqualTo(2);
  }
}
