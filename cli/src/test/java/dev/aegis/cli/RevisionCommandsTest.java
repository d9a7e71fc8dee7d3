package dev.aegis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RevisionCommandsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CHANGE =
      "{\"operation\":\"update\",\"key\":\"tenants/a/routes/r\",\"from_revision\":3,"
          + "\"to_revision\":null,\"diff\":[{\"op\":\"replace\",\"path\":\"/auth\"},"
          + "{\"op\":\"add\",\"path\":\"/hosts\"}]}";

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

  private Run run(String... args) {
    return Run.of(
        Map.of("AEGIS_ADMIN_URL", admin.uri().toString(), "AEGIS_ADMIN_TOKEN", "secret-token"),
        data,
        "",
        args);
  }

  @Test
  void listsTheNewestAcrossPagesThatAreNotFull() {
    String one =
        "{\"revision\":7,\"at\":\"t\",\"actor\":\"a\",\"operation\":\"put\",\"key\":\"k\"}";
    admin.on(
        "GET /admin/revisions?kind=route&actor=a&tenant=t1&limit=2",
        200,
        "{\"items\":[" + one + "],\"next_cursor\":\"c\"}");
    admin.on(
        "GET /admin/revisions?kind=route&actor=a&tenant=t1&limit=1&cursor=c",
        200,
        "{\"items\":[" + one + "],\"next_cursor\":\"d\"}");
    Run run =
        run("revision", "list", "-t", "t1", "--kind", "route", "--actor", "a", "--limit", "2");
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .isEqualTo(
            """
            REVISION  AT  ACTOR  OPERATION  KEY
            7         t   a      put        k
            7         t   a      put        k
            """);
  }

  @Test
  void showsOne() throws Exception {
    String body =
        "{\"revision\":7,\"at\":\"t\",\"actor\":\"a\",\"operation\":\"put\",\"key\":\"k\","
            + "\"diff\":[{\"op\":\"add\",\"path\":\"/x\"}]}";
    admin.on("GET /admin/revisions/7", 200, body).on("GET /admin/revisions/7", 200, body);
    assertThat(run("revision", "show", "7").out())
        .isEqualTo("revision 7: put k, by a at t\n  {\"op\":\"add\",\"path\":\"/x\"}\n");
    Run run = run("revision", "show", "7", "--json");
    assertThat(JSON.readTree(run.out())).isEqualTo(JSON.readTree(body));
  }

  @Test
  void saysWhatDiffers() {
    admin.on(
        "GET /admin/revisions/3/diff?to=9&limit=500",
        200,
        "{\"items\":[" + CHANGE + "],\"next_cursor\":null}");
    assertThat(run("revision", "diff", "3", "--to", "9").out())
        .isEqualTo(
            """
            OPERATION  KEY                 FROM_REVISION  TO_REVISION  DIFF
            update     tenants/a/routes/r  3              -            /auth, /hosts
            """);
  }

  @Test
  void goesBack() {
    admin.on(
        "POST /admin/revisions/3/restore?wait=applied",
        200,
        "{\"restored\":3,\"total\":1,\"changes\":["
            + CHANGE
            + "],\"withheld\":[{\"key\":\"k\",\"why\":\"it was revoked\"}],"
            + "\"applied\":{\"complete\":false,\"waiting_for\":[\"g\"]}}");
    Run run = run("revision", "restore", "3", "--wait");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out())
        .isEqualTo(
            """
            OPERATION  KEY                 DIFF
            update     tenants/a/routes/r  /auth, /hosts
            back at revision 3 by 1 changes
            k: it was revoked
            """);
    assertThat(run.err()).isEqualTo("aegis: not yet live on: [\"g\"]\n");
    assertThat(admin.asked().getFirst().body()).isEqualTo("{}");
  }

  @Test
  void goesBackInPart() throws Exception {
    String nothing = "{\"restored\":3,\"total\":0,\"changes\":[],\"withheld\":[]}";
    String line = "POST /admin/revisions/3/restore?dry_run=true";
    for (int i = 0; i < 4; i++) {
      admin.on(line, 200, nothing);
    }
    assertThat(run("revision", "restore", "3", "--dry-run", "-t", "t").out())
        .isEqualTo("all is as it was at revision 3\n");
    for (String key : new String[] {"tenants/t/api-keys/k", "plugins/p", "tenants/t"}) {
      assertThat(run("revision", "restore", "3", "--dry-run", "--object", key).code()).isZero();
    }
    assertThat(admin.asked())
        .extracting(SmallAdmin.Asked::body)
        .containsExactly(
            "{\"tenant\":\"t\"}",
            "{\"object\":{\"kind\":\"api_key\",\"tenant\":\"t\",\"id\":\"k\"}}",
            "{\"object\":{\"kind\":\"plugin\",\"id\":\"p\"}}",
            "{\"object\":{\"kind\":\"tenant\",\"id\":\"t\"}}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "list --limit 0",
        "show",
        "show x",
        "show 1 -t t",
        "diff 1 --to x",
        "restore",
        "restore 1 --object r",
        "restore 1 --object a/b/c/d",
        "restore 1 --object plugins/p -t t",
      })
  void mistakesAreCode2(String line) {
    Run run = run(("revision " + line).split(" "));
    assertThat(run.code()).isEqualTo(2);
    assertThat(admin.asked()).isEmpty();
  }
}
