package dev.aegis.admin.changes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.access.Operator;
import dev.aegis.admin.catalog.PluginCatalog;
import dev.aegis.admin.tenancy.Hosts;
import dev.aegis.admin.tenancy.OwnAddresses;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.bus.BusSettings;
import dev.aegis.bus.EventPublisher;
import dev.aegis.bus.JournalReader;
import dev.aegis.bus.JournalWriter;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.Origin;
import dev.aegis.model.Violation;
import dev.aegis.testkit.KafkaPeer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many changes in one go, on a real journal. */
final class ApplyingTest {
  private static final MasterKey MASTER_KEY = MasterKey.parse(MasterKey.newText());

  private static KafkaPeer kafka;

  @TempDir private Path data;

  @BeforeAll
  static void start() {
    kafka = KafkaPeer.start();
  }

  @AfterAll
  static void stop() {
    kafka.close();
  }

  /** One instance of what the admin service publishes with. */
  private static final class Instance implements AutoCloseable {
    private final EventPublisher events;
    private final JournalReader reader;
    private final JournalWriter writer;
    private final Publishing publishing;

    private Instance(Path data, String node) throws Exception {
      Files.createDirectories(data);
      BusSettings bus = new BusSettings(kafka.bootstrap(), node);
      events = new EventPublisher(bus, data.resolve("spool"), 16L << 20, "/aegis/" + node);
      reader =
          new JournalReader(bus, data.resolve("fold.jsonl"), (fold, changed, everything) -> {});
      writer = new JournalWriter(bus);
      InstantSource clock = InstantSource.system();
      publishing =
          new Publishing(
              reader,
              writer,
              new Drafting(
                  MASTER_KEY,
                  PluginCatalog.builtIn(MASTER_KEY),
                  new Hosts("example.com"),
                  new OwnAddresses(Set::of),
                  clock),
              new Announcing(events),
              clock);
      reader.start();
      assertThat(reader.awaitCaughtUp(Duration.ofSeconds(20))).isTrue();
    }

    private Outcome apply(List<Desired> wanted) {
      return publishing.apply(wanted, Operator.PLATFORM_ADMINISTRATOR, false);
    }

    private Outcome.Held held(List<Desired> wanted) {
      Outcome outcome = apply(wanted);
      assertThat(outcome).isInstanceOf(Outcome.Held.class);
      return (Outcome.Held) outcome;
    }

    private List<Violation> violations(List<Desired> wanted) {
      long before = reader.revision();
      Outcome outcome = apply(wanted);
      assertThat(outcome).isInstanceOf(Outcome.Refused.class);
      Refusal why = ((Outcome.Refused) outcome).why();
      assertThat(why.reason()).isEqualTo(Refusal.Reason.INVALID);
      assertThat(reader.revision()).isEqualTo(before);
      return why.violations();
    }

    private Entry find(ObjectKey key) {
      return reader.read(fold -> fold.find(key));
    }

    @Override
    public void close() {
      writer.close();
      reader.close();
      events.close();
    }
  }

  private static Desired tenant(String id, String parent) {
    ObjectNode body = Json.object().put("id", id).put("name", id);
    if (parent == null) {
      body.put("kind", "enterprise");
    } else {
      body.put("parent", parent);
    }
    return new Desired(ObjectKey.tenant(id), body);
  }

  private static ObjectKey key(Kind kind, String tenant, String id) {
    return new ObjectKey(kind, tenant, id);
  }

  private static Desired upstream(String tenant, String id, int port) {
    ObjectNode body = Json.object().put("id", id);
    body.putArray("targets").addObject().put("url", "http://10.0.0.1:" + port);
    return new Desired(key(Kind.UPSTREAM, tenant, id), body);
  }

  private static Desired route(String tenant, String id, String upstream) {
    ObjectNode body = Json.object().put("id", id).put("upstream", upstream);
    body.putArray("paths").add("/" + id + "/**");
    return new Desired(key(Kind.ROUTE, tenant, id), body);
  }

  private static Desired role(String tenant, String id, String... inherits) {
    ObjectNode body = Json.object().put("id", id);
    body.putArray("permissions").addObject().putArray("paths").add("/**");
    for (String each : inherits) {
      body.withArray("inherits").add(each);
    }
    return new Desired(key(Kind.ROLE, tenant, id), body);
  }

  private static Desired absent(Desired one) {
    return new Desired(one.key(), null);
  }

  /** A tenant with everything that names something else. */
  private static List<Desired> estate(String top) {
    String below = top + "-below";
    ObjectNode binding = Json.object().put("id", "b").put("subject", "s");
    binding.putArray("roles").add("reader").add("inherited");
    ObjectNode plugin = Json.object().put("id", "p").put("plugin", "rate_limit").put("route", "r");
    plugin.putObject("config").put("limit", 5).put("window_seconds", 60);
    return List.of(
        tenant(top, null),
        tenant(below, top),
        role(top, "inherited"),
        role(below, "reader", "inherited"),
        upstream(below, "u", 8080),
        route(below, "r", "u"),
        new Desired(key(Kind.BINDING, below, "b"), binding),
        new Desired(key(Kind.PLUGIN, below, "p"), plugin));
  }

  @Test
  void theOrderOfABatchMeansNothing() throws Exception {
    try (Instance admin = new Instance(data, "order")) {
      for (int seed = 0; seed < 5; seed++) {
        List<Desired> wanted = new ArrayList<>(estate("order-" + seed));
        Collections.shuffle(wanted, new Random(seed));
        Outcome.Held held = admin.held(wanted);
        assertThat(held.steps()).hasSize(wanted.size());
        assertThat(held.unchanged()).isZero();
        long revision = admin.reader.revision();
        Outcome.Held again = admin.held(wanted);
        assertThat(again.steps()).isEmpty();
        assertThat(again.unchanged()).isEqualTo(wanted.size());
        assertThat(admin.reader.revision()).isEqualTo(revision);
        Collections.shuffle(wanted, new Random(seed));
        assertThat(admin.held(wanted.stream().map(ApplyingTest::absent).toList()).steps())
            .as("a tenant takes what it has with it")
            .hasSize(2);
        assertThat(admin.find(wanted.getFirst().key())).isNull();
      }
    }
  }

  @Test
  void whatIsNamedComesFirstAndGoesLast() throws Exception {
    try (Instance admin = new Instance(data, "sorted")) {
      admin.held(estate("sorted").subList(0, 2));
      List<Desired> all =
          List.of(
              route("sorted-below", "r", "u"),
              upstream("sorted-below", "u", 1),
              role("sorted-below", "reader", "inherited"),
              role("sorted", "inherited"));
      assertThat(admin.held(all).steps().stream().map(step -> step.key().toString()))
          .containsExactly(
              "tenants/sorted/roles/inherited",
              "tenants/sorted-below/upstreams/u",
              "tenants/sorted-below/roles/reader",
              "tenants/sorted-below/routes/r");
      assertThat(
              admin.held(all.stream().map(ApplyingTest::absent).toList()).steps().stream()
                  .map(step -> step.key().toString()))
          .containsExactly(
              "tenants/sorted-below/routes/r",
              "tenants/sorted-below/roles/reader",
              "tenants/sorted-below/upstreams/u",
              "tenants/sorted/roles/inherited");
    }
  }

  @Test
  void everythingWrongIsSaidAtOnceAndNothingIsWritten() throws Exception {
    try (Instance admin = new Instance(data, "wrong")) {
      List<Desired> wanted = new ArrayList<>(estate("wrong"));
      wanted.add(route("wrong", "lost", "nowhere"));
      ObjectNode nothing = Json.object().put("id", "port");
      nothing.putArray("targets").addObject().put("url", "ftp://10.0.0.1");
      wanted.add(new Desired(key(Kind.UPSTREAM, "wrong", "port"), nothing));
      wanted.add(role("wrong", "circle", "round"));
      wanted.add(role("wrong", "round", "circle"));
      wanted.add(route("no-such-tenant", "r", "u"));
      wanted.add(tenant("wrong-below", "wrong"));
      Desired twin = tenant("wrong-twin", null);
      twin.body().putArray("hosts").add("wrong.example.com");
      wanted.add(twin);
      assertThat(admin.violations(wanted).stream().map(Violation::field))
          .contains(
              "tenants/wrong/routes/lost#/upstream",
              "tenants/wrong/upstreams/port#/targets/0/url",
              "tenants/wrong/roles/round#/inherits/0",
              "tenants/no-such-tenant/routes/r#",
              "tenants/wrong-below#",
              "tenants/wrong-twin#/hosts",
              "tenants/wrong#/hosts");
    }
  }

  @Test
  void whatIsUsedStaysUnlessItsUsersGoToo() throws Exception {
    try (Instance admin = new Instance(data, "used")) {
      admin.held(estate("used"));
      Desired upstream = absent(upstream("used-below", "u", 1));
      assertThat(admin.violations(List.of(upstream)))
          .extracting(Violation::message)
          .containsExactly("is used by tenants/used-below/routes/r");
      assertThat(admin.violations(List.of(absent(tenant("used", null)))))
          .extracting(Violation::message)
          .containsExactly("is used by tenants/used-below");
      assertThat(
              admin.violations(
                  List.of(absent(tenant("used-below", null)), route("used-below", "n", "u"))))
          .extracting(Violation::message)
          .containsExactly("is of a tenant that shall not be");
      assertThat(
              admin
                  .held(
                      List.of(
                          upstream, route("used-below", "r", "v"), upstream("used-below", "v", 2)))
                  .steps())
          .hasSize(3);
    }
  }

  @Test
  void aRehearsalChangesNothing() throws Exception {
    try (Instance admin = new Instance(data, "rehearsed")) {
      long before = admin.reader.revision();
      assertThat(admin.publishing.apply(estate("rehearsed"), Operator.PLATFORM_ADMINISTRATOR, true))
          .isInstanceOfSatisfying(
              Outcome.Rehearsed.class, would -> assertThat(would.steps()).hasSize(8));
      assertThat(admin.reader.revision()).isEqualTo(before);
    }
  }

  /** A secret stays, can be carried to where it was taken from, and nowhere else. */
  @Test
  void sealedSecretsComeBackAsTheyWere() throws Exception {
    try (Instance admin = new Instance(data, "sealed")) {
      ObjectNode webhook = Json.object().put("id", "w").put("url", "https://example.org/hook");
      webhook.putArray("events").add("config.changed");
      ObjectKey key = key(Kind.WEBHOOK, "sealed", "w");
      ObjectNode apiKey = Json.object().put("id", "k").put("name", "n").put("subject", "s");
      apiKey.put("signing", true);
      ObjectKey signing = key(Kind.API_KEY, "sealed", "k");
      Outcome.Held made =
          admin.held(
              List.of(
                  tenant("sealed", null), new Desired(key, webhook), new Desired(signing, apiKey)));
      assertThat(made.steps().stream().filter(step -> step.revealed() != null)).hasSize(2);
      List<Desired> kept =
          List.of(
              new Desired(key, admin.find(key).body()),
              new Desired(signing, admin.find(signing).body()));
      assertThat(admin.held(kept).steps()).isEmpty();
      assertThat(admin.held(List.of(new Desired(key, webhook))).steps()).isEmpty();
      admin.held(List.of(new Desired(key, null), new Desired(signing, null)));
      assertThat(admin.held(kept).steps()).allSatisfy(step -> assertThat(step.revealed()).isNull());
      for (Desired one : kept) {
        assertThat(Json.write(admin.find(one.key()).body())).isEqualTo(Json.write(one.body()));
      }
      ObjectNode moved = kept.getFirst().body().deepCopy().put("id", "other");
      assertThat(
              admin.violations(List.of(new Desired(key(Kind.WEBHOOK, "sealed", "other"), moved))))
          .extracting(Violation::field)
          .containsExactly("tenants/sealed/webhooks/other#/secret");
    }
  }

  @Test
  void whoWaitsCanSeeHowFarItHasCome() throws Exception {
    int objects = 3_000;
    List<Desired> wanted = new ArrayList<>(List.of(tenant("seen", null)));
    for (int i = 0; i < objects; i++) {
      wanted.add(upstream("seen", "u" + i, 80));
    }
    Origin origin = new Origin("127.0.0.1", "PUT", "/admin/config", "r-1");
    CountDownLatch checked = new CountDownLatch(1);
    try (Instance admin = new Instance(data, "seen");
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Underway underway = admin.publishing.underway();
      Future<Outcome> running =
          threads.submit(
              () ->
                  admin.publishing.apply(
                      wanted,
                      Operator.PLATFORM_ADMINISTRATOR,
                      origin,
                      false,
                      wouldBe -> {
                        assertThat(underway.batches())
                            .singleElement()
                            .satisfies(
                                batch -> {
                                  assertThat(batch.total()).as("it is checked").isNull();
                                  assertThat(batch.origin()).isEqualTo(origin);
                                });
                        checked.countDown();
                        return null;
                      }));
      checked.await();
      TreeSet<Integer> written = new TreeSet<>();
      while (!running.isDone()) {
        for (Underway.Batch batch : underway.batches()) {
          if (batch.total() != null) {
            assertThat(batch.total()).isEqualTo(objects + 1);
            assertThat(batch.written())
                .isGreaterThanOrEqualTo(written.isEmpty() ? 0 : written.last());
            written.add(batch.written());
          }
        }
        Thread.onSpinWait();
      }
      assertThat(running.get()).isInstanceOf(Outcome.Held.class);
      assertThat(written).hasSizeGreaterThan(1);
      assertThat(underway.batches()).isEmpty();
    }
  }

  @Test
  void twoInstancesBothEndWhereOneOfThemWants() throws Exception {
    int objects = 300;
    try (Instance one = new Instance(data.resolve("1"), "many-1");
        Instance two = new Instance(data.resolve("2"), "many-2");
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      one.held(List.of(tenant("many", null)));
      List<Future<Outcome>> running = new ArrayList<>();
      for (int port = 1; port <= 2; port++) {
        Instance admin = port == 1 ? one : two;
        List<Desired> wanted = new ArrayList<>();
        wanted.add(tenant("many", null));
        for (int i = 0; i < objects; i++) {
          wanted.add(upstream("many", "u" + i, port));
        }
        running.add(threads.submit(() -> admin.apply(wanted)));
      }
      for (Future<Outcome> each : running) {
        assertThat(each.get()).isInstanceOf(Outcome.Held.class);
      }
      int held = one.reader.read(fold -> fold.list(Kind.UPSTREAM, "many").size());
      assertThat(held).isEqualTo(objects);
    }
  }
}
