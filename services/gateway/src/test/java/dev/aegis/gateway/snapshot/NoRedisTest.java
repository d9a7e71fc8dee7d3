package dev.aegis.gateway.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.model.Finding;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A limit that would be counted in Redis, and a gateway that has none. */
final class NoRedisTest {
  @ParameterizedTest
  @CsvSource({"redis,1", "leased,1", "local,0"})
  void isAFindingWhereItIsPublished(String store, int findings) {
    try (Configuration configuration = Configuration.withoutRedis()) {
      configuration.tenant("a");
      Snapshot snapshot =
          configuration.json(
              "tenants/a/plugins/l",
              "{'id':'l','plugin':'rate_limit','config':{'limit':2,'window_seconds':60,'store':'"
                  + store
                  + "'}}");
      assertThat(snapshot.findings())
          .extracting(Finding::subject)
          .filteredOn("tenants/a/plugins/l"::equals)
          .hasSize(findings);
    }
  }

  @ParameterizedTest
  @CsvSource({"redis", "leased"})
  void isNoneWhereThereIsOne(String store) {
    try (Configuration configuration = new Configuration()) {
      configuration.tenant("a");
      Snapshot snapshot =
          configuration.json(
              "tenants/a/plugins/l",
              "{'id':'l','plugin':'rate_limit','config':{'limit':2,'window_seconds':60,'store':'"
                  + store
                  + "'}}");
      assertThat(snapshot.findings()).isEmpty();
    }
  }
}
