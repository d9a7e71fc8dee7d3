package dev.aegis.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many who write the configuration at once, through two instances, of which one is killed and
 * started again. Every write ends in one of three ways: acknowledged, refused, or nobody knows. The
 * last is what is left of a call whose connection broke or that was answered with 503.
 *
 * <p>Runs for {@code aegis.writers.seconds}, 20 if nothing is said.
 */
final class ManyWritersTest {
  private static final int WRITERS = 50;
  private static final int COUNTERS = 5;
  private static final long SECONDS = Long.getLong("aegis.writers.seconds", 20);
  private static final Duration BOUND = Duration.ofSeconds(60);
  private static final List<String> INSTANCES = List.of("admin", "admin-2");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path data;

  /** What is known of the object that one writer has for itself. */
  private static final class Own {
    /** What may be in it now: one state after an acknowledged write, more after unknown ones. */
    private final Set<String> possible = new HashSet<>(Set.of(""));
  }

  private final Map<Long, String> acknowledged = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> unknown = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> counted = new ConcurrentHashMap<>();
  private final AtomicInteger refused = new AtomicInteger();

  @Test
  void nothingAcknowledgedIsLostAndNothingHappensTwice() throws Exception {
    try (Installation installation = new Installation(data)) {
      for (String process : List.of("admin", "admin-2", "gateway")) {
        installation.start(process);
      }
      for (int i = 0; i < COUNTERS; i++) {
        Map<String, ?> tenant = Map.of("id", "t-" + i, "name", "T", "labels", Map.of("count", "0"));
        assertThat(installation.admin("POST", "tenants", tenant).statusCode()).isEqualTo(201);
      }
      await()
          .atMost(BOUND)
          .until(
              () ->
                  installation
                          .adminAt("admin-2", "GET", "tenants/t-" + (COUNTERS - 1), Map.of())
                          .statusCode()
                      == 200);
      long first = 1 + revision(installation, "admin");

      List<Own> own = new ArrayList<>();
      List<Future<?>> writers = new ArrayList<>();
      long end = System.nanoTime() + Duration.ofSeconds(SECONDS).toNanos();
      try (ExecutorService threads = Executors.newFixedThreadPool(WRITERS)) {
        for (int i = 0; i < WRITERS; i++) {
          int writer = i;
          Own mine = new Own();
          own.add(mine);
          writers.add(
              threads.submit(
                  () -> {
                    write(installation, writer, mine, end);
                    return null;
                  }));
        }
        await()
            .atMost(Duration.ofSeconds(SECONDS))
            .until(() -> end - System.nanoTime() < Duration.ofSeconds(SECONDS).toNanos() / 2);
        installation.process("admin-2").kill();
        installation.start("admin-2");
        for (Future<?> writer : writers) {
          writer.get();
        }
      }
      System.out.printf(
          "%,d writes acknowledged, %d refused, of %d nobody knows, in %d s%n",
          acknowledged.size(),
          refused.get(),
          unknown.values().stream().mapToInt(AtomicInteger::get).sum(),
          SECONDS);
      assertThat(acknowledged).hasSizeGreaterThan(WRITERS);

      await()
          .atMost(BOUND)
          .until(() -> revision(installation, "admin") == revision(installation, "admin-2"));
      for (String instance : INSTANCES) {
        countersAreRight(installation, instance);
        ownObjectsAreRight(installation, instance, own);
      }
      everyRevisionIsSomebodys(installation, first);
      sameFolds(installation);
    }
  }

  private void write(Installation installation, int writer, Own own, long end) throws Exception {
    String tenant = "t-" + writer % COUNTERS;
    String object = "tenants/" + tenant + "/roles/r-" + writer;
    for (int turn = 1; System.nanoTime() - end < 0; turn++) {
      String instance = INSTANCES.get((writer + turn) % 2);
      if (turn % 4 == 0) {
        count(installation, instance, "tenants/" + tenant, end);
      } else if (turn % 7 == 0) {
        settle(call(installation, instance, "DELETE", object, Map.of()), own, "");
      } else {
        String path = "/n/" + turn;
        Map<String, ?> role = Map.of("permissions", List.of(Map.of("paths", List.of(path))));
        settle(call(installation, instance, "PUT", object, role), own, path);
      }
    }
  }

  private static void settle(Ending ending, Own own, String wanted) {
    switch (ending) {
      case DONE -> {
        own.possible.clear();
        own.possible.add(wanted);
      }
      case UNKNOWN -> own.possible.add(wanted);
      case REFUSED -> {}
    }
  }

  /** Adds one to the tenant's count, unless somebody was in between. */
  private void count(Installation installation, String instance, String tenant, long end)
      throws InterruptedException {
    while (System.nanoTime() - end < 0) {
      HttpResponse<String> read;
      int count;
      try {
        read = installation.adminAt(instance, "GET", tenant, Map.of());
        count = JSON.readTree(read.body()).at("/labels/count").asInt();
      } catch (IOException e) {
        return; // that instance is gone for now
      }
      if (read.statusCode() != 200) {
        return;
      }
      Ending ending =
          call(
              installation,
              instance,
              "PATCH",
              tenant,
              Map.of("labels", Map.of("count", Integer.toString(count + 1))),
              "If-Match",
              read.headers().firstValue("ETag").orElseThrow());
      if (ending == Ending.DONE) {
        counted.computeIfAbsent(tenant, each -> new AtomicInteger()).incrementAndGet();
      }
      if (ending != Ending.REFUSED) {
        return;
      }
    }
  }

  private enum Ending {
    DONE,
    REFUSED,
    UNKNOWN
  }

  private Ending call(
      Installation installation,
      String instance,
      String method,
      String path,
      Map<String, ?> body,
      String... headers)
      throws InterruptedException {
    try {
      HttpResponse<String> reply = installation.adminAt(instance, method, path, body, headers);
      int status = reply.statusCode();
      if (status >= 200 && status < 300) {
        long revision = reply.headers().firstValueAsLong("Aegis-Revision").orElseThrow();
        assertThat(acknowledged.put(revision, path)).as("at " + revision).isNull();
        return Ending.DONE;
      }
      if (status != 503) {
        assertThat(status).as(method + " " + path + " " + reply.body()).isIn(404, 409, 412);
        refused.incrementAndGet();
        return Ending.REFUSED;
      }
    } catch (ConnectException e) {
      return Ending.REFUSED; // by nobody: the instance is gone
    } catch (IOException e) {
      // Falls through: whether it was carried out, nobody knows.
    }
    unknown.computeIfAbsent(path, each -> new AtomicInteger()).incrementAndGet();
    return Ending.UNKNOWN;
  }

  private void countersAreRight(Installation installation, String instance) throws Exception {
    for (int i = 0; i < COUNTERS; i++) {
      String tenant = "tenants/t-" + i;
      int sure = counted.getOrDefault(tenant, new AtomicInteger()).get();
      int perhaps = unknown.getOrDefault(tenant, new AtomicInteger()).get();
      HttpResponse<String> read = installation.adminAt(instance, "GET", tenant, Map.of());
      assertThat(JSON.readTree(read.body()).at("/labels/count").asInt())
          .as(tenant + " at " + instance)
          .isBetween(sure, sure + perhaps);
    }
  }

  private static void ownObjectsAreRight(Installation installation, String instance, List<Own> own)
      throws Exception {
    for (int writer = 0; writer < WRITERS; writer++) {
      String object = "tenants/t-" + writer % COUNTERS + "/roles/r-" + writer;
      HttpResponse<String> read = installation.adminAt(instance, "GET", object, Map.of());
      String path =
          read.statusCode() == 404
              ? ""
              : JSON.readTree(read.body()).at("/permissions/0/paths/0").asText();
      assertThat(path).as(object + " at " + instance).isIn(own.get(writer).possible);
    }
  }

  /** What the journal lists is what was acknowledged, and beside it only what nobody knows of. */
  private void everyRevisionIsSomebodys(Installation installation, long first) throws Exception {
    Map<Long, String> listed = new TreeMap<>();
    String cursor = "";
    do {
      HttpResponse<String> page =
          installation.admin("GET", "revisions?limit=500" + cursor, Map.of());
      assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
      JsonNode json = JSON.readTree(page.body());
      for (JsonNode item : json.path("items")) {
        listed.put(item.path("revision").asLong(), item.path("key").asText());
      }
      JsonNode next = json.path("next_cursor");
      cursor = next.isTextual() ? "&cursor=" + next.asText() : null;
    } while (cursor != null);
    assertThat(listed).containsAllEntriesOf(acknowledged);
    Map<String, Integer> others = new TreeMap<>();
    listed.forEach(
        (revision, key) -> {
          if (revision >= first && !acknowledged.containsKey(revision)) {
            others.merge(key, 1, Integer::sum);
          }
        });
    others.forEach(
        (key, times) ->
            assertThat(times)
                .as("changes of " + key + " that nobody was told of")
                .isLessThanOrEqualTo(unknown.getOrDefault(key, new AtomicInteger()).get()));
  }

  /** Each process saves its state when it ends. */
  private static void sameFolds(Installation installation) throws Exception {
    HttpResponse<String> last =
        installation.admin("PATCH", "tenants/t-0?wait=applied", Map.of("tier", "last"));
    long revision = last.headers().firstValueAsLong("Aegis-Revision").orElseThrow();
    await().atMost(BOUND).until(() -> revision(installation, "admin-2") == revision);
    await()
        .atMost(BOUND)
        .until(() -> installation.metric("gateway", "aegis_config_revision ") == revision);
    for (String process : List.of("admin", "admin-2", "gateway")) {
      assertThat(installation.process(process).stop(Duration.ofSeconds(30))).isZero();
    }
    List<String> fold = Files.readAllLines(installation.fold("admin"));
    assertThat(fold.getFirst()).contains("\"revision\":" + revision);
    assertThat(Files.readAllLines(installation.fold("admin-2"))).isEqualTo(fold);
    assertThat(Files.readAllLines(installation.fold("gateway"))).isEqualTo(fold);
  }

  private static long revision(Installation installation, String instance) throws Exception {
    HttpResponse<String> newest =
        installation.adminAt(instance, "GET", "revisions?limit=1", Map.of());
    return JSON.readTree(newest.body()).at("/items/0/revision").asLong();
  }
}
