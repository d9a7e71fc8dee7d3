package dev.aegis.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.journal.TargetSource;
import dev.aegis.journal.UpstreamDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stays in the file of last known targets, and what leaves it. */
final class TargetsFileTest {
  private static final List<UpstreamDefinition.Target> ONE =
      List.of(new UpstreamDefinition.Target("127.0.0.1", 8080, 1));

  @TempDir Path folder;
  private Path path;
  private TargetsFile file;

  @BeforeEach
  void open() {
    path = folder.resolve("targets.json");
    file = new TargetsFile(path);
  }

  @Test
  void forgetsWhatNobodyGoesBy() throws Exception {
    for (String source : List.of("stays", "goes", "twice")) {
      file.used(source);
      file.save(source, ONE);
    }
    file.used("twice");
    file.unused("twice");
    file.unused("goes");
    assertThat(names()).contains("goes"); // nothing is lost before the moment for it
    file.forgetUnused();
    assertThat(names()).contains("stays", "twice").doesNotContain("goes");
    assertThat(new TargetsFile(path).load("stays")).isEqualTo(ONE);
    assertThat(file.load("goes")).isNull();
  }

  /** Its upstream was deleted while no gateway of this folder ran. */
  @Test
  void forgetsWhatWasDeletedBeforeItsStart() throws Exception {
    file.save("gone", ONE);
    TargetsFile later = new TargetsFile(path);
    later.used("new");
    later.forgetUnused();
    assertThat(names()).doesNotContain("gone");
  }

  @Test
  void writesNothingWhenThereIsNothingToForget() {
    file.used("known");
    file.forgetUnused();
    assertThat(path).doesNotExist();
  }

  @Test
  void aNameIsKnownUntilItsLastUpstreamIsGone() throws Exception {
    Upstream upstream = new Upstream("t", UpstreamDefinition.ofService("u", "not asked for"));
    Upstream other = new Upstream("t", UpstreamDefinition.ofService("v", "not asked for"));
    try (DnsDiscovery discovery = new DnsDiscovery(TargetsFileTest::address, file)) {
      discovery.follow(asked(20), upstream);
      discovery.follow(asked(20), other);
      await().until(() -> upstream.size() == 1 && other.size() == 1);
      // How often it is asked for is changed: another source, and the same targets.
      discovery.unfollow(asked(20), upstream);
      discovery.follow(asked(3_600_000), upstream);
      discovery.unfollow(asked(20), other);
      file.forgetUnused();
      assertThat(names()).contains("orders.internal");
      discovery.unfollow(asked(3_600_000), upstream);
      await()
          .untilAsserted(
              () -> {
                file.forgetUnused();
                assertThat(names()).doesNotContain("orders.internal");
              });
    }
  }

  private static List<String> address(Resolver.Question question) {
    return question.type() == Resolver.RecordType.A ? List.of("127.0.0.1") : List.of();
  }

  private static TargetSource.Dns asked(int everyMillis) {
    return new TargetSource.Dns("orders.internal", 8080, Duration.ofMillis(everyMillis));
  }

  private String names() throws IOException {
    return Files.readString(path);
  }
}
