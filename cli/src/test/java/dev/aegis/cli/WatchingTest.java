package dev.aegis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands that write much: what they tell meanwhile, and how long they wait. */
class WatchingTest {
  private static final String UNDERWAY = "GET /admin/config/underway";
  private static final String APPLY = "PUT /admin/config";
  private static final String RESTORE = "POST /admin/revisions/3/restore";
  private static final String APPLIED =
      "{\"created\":7,\"updated\":0,\"deleted\":0,\"unchanged\":0,\"revision\":9,\"changes\":[]}";
  private static final String RESTORED =
      "{\"restored\":3,\"total\":0,\"changes\":[],\"withheld\":[]}";

  @TempDir Path data;
  private SmallAdmin admin;

  @BeforeEach
  void start() throws IOException {
    admin = new SmallAdmin();
  }

  @AfterEach
  void stop() {
    admin.close();
  }

  private Run run(boolean watched, String... args) {
    return Run.of(
        watched,
        Map.of("AEGIS_ADMIN_URL", admin.uri().toString(), "AEGIS_ADMIN_TOKEN", "secret-token"),
        data,
        "{\"version\":1}",
        args);
  }

  private static String items(String... items) {
    return "{\"items\":[" + String.join(",", items) + "],\"next_cursor\":null}";
  }

  private static String item(String line, String written) {
    String[] parts = line.split(" ");
    return "{\"method\":\"%s\",\"path\":\"%s\",%s}".formatted(parts[0], parts[1], written);
  }

  @Test
  void aTerminalShowsHowFarItHasCome() {
    admin
        .on(UNDERWAY, 200, items())
        .on(UNDERWAY, 200, items(item(APPLY, "\"written\":0,\"total\":null")))
        .on(
            UNDERWAY,
            200,
            items(
                item(APPLY, "\"written\":2,\"total\":7"),
                item(RESTORE, "\"written\":1,\"total\":1")))
        .on(UNDERWAY, 200, items())
        .holding(APPLY, UNDERWAY, 4)
        .on(APPLY, 200, APPLIED);
    Run run = run(true, "config", "apply", "-");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).isEqualTo("7 created, 0 updated, 0 deleted, 0 unchanged; revision 9\n");
    assertThat(run.err())
        .startsWith("\rbeing checked\r2 of 7 written")
        .endsWith("\r" + " ".repeat("2 of 7 written".length()) + "\r");
  }

  @Test
  void aRestoreShowsItToo() {
    admin
        .on(UNDERWAY, 200, items(item(RESTORE, "\"written\":5,\"total\":100000")))
        .on(UNDERWAY, 404, "{\"code\":\"not_found\",\"detail\":\"gone\"}")
        .holding(RESTORE, UNDERWAY, 2)
        .on(RESTORE, 200, RESTORED);
    Run run = run(true, "revision", "restore", "3");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).startsWith("\r5 of 100000 written").endsWith("\r").doesNotContain("gone");
  }

  @Test
  void scriptsAndRehearsalsSeeNone() {
    admin.on(APPLY, 200, APPLIED).on(APPLY + "?dry_run=true", 200, APPLIED);
    assertThat(run(false, "config", "apply", "-").err()).isEmpty();
    assertThat(run(true, "config", "apply", "-", "--dry-run").err()).isEmpty();
    assertThat(admin.asked()).noneMatch(asked -> asked.line().equals(UNDERWAY));
  }

  @Test
  void twoThatLookTheSameAreNotToldApart() {
    String one = item(APPLY, "\"written\":2,\"total\":7");
    admin
        .on(UNDERWAY, 200, items(one, one))
        .on(UNDERWAY, 200, items(one, one))
        .holding(APPLY, UNDERWAY, 2)
        .on(APPLY, 200, APPLIED);
    assertThat(run(true, "config", "apply", "-").err()).isEmpty();
  }

  @Test
  void whatTakesTooLongMayStillBeDone() {
    admin.holding(APPLY, UNDERWAY, 1).holding(RESTORE, UNDERWAY, 1);
    Run apply = run(false, "config", "apply", "-", "--timeout", "1s");
    assertThat(apply.code()).isEqualTo(1);
    assertThat(apply.err())
        .isEqualTo(
            "aegis: "
                + admin.uri()
                + " did not answer within 1 s; it may go on with what it was asked for\n");
    Run restore = run(false, "revision", "restore", "3", "--timeout", "1s");
    assertThat(restore.err()).isEqualTo(apply.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"0s", "soon", "-1s", "25h", ""})
  void aTimeoutIsASpanOfTime(String time) {
    assertThat(run(false, "config", "apply", "-", "--timeout", time).code()).isEqualTo(2);
    assertThat(run(false, "revision", "restore", "3", "--timeout=" + time).code()).isEqualTo(2);
    assertThat(admin.asked()).isEmpty();
  }
}
