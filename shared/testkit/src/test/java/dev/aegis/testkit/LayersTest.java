package dev.aegis.testkit;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Checks this module itself, which has one package, and maps that are wrong in some way. */
class LayersTest {
  private static final String ROOT = "dev.aegis.testkit";

  @Test
  void passesWhatKeepsToItsMap() {
    assertThatCode(
            () ->
                Layers.check(
                    ROOT, Map.of("", Set.of()), Map.of("com.tngtech.archunit", Set.of(""))))
        .doesNotThrowAnyException();
  }

  @Test
  void namesALibrarySeenOutsideItsRim() {
    assertThatThrownBy(
            () -> Layers.check(ROOT, Map.of("", Set.of()), Map.of("org.awaitility", Set.of())))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("may not see org.awaitility");
  }

  @Test
  void namesPackagesThatTheMapLacksOrHasInVain() {
    assertThatThrownBy(() -> Layers.check(ROOT, Map.of("gone", Set.of()), Map.of()))
        .hasMessageContaining("package '' is not in the map")
        .hasMessageContaining("'gone', which has no class");
  }

  @Test
  void namesACycle() {
    Map<String, Set<String>> map =
        Map.of("", Set.of("a"), "a", Set.of("b"), "b", Set.of("c"), "c", Set.of("a"));
    assertThatThrownBy(() -> Layers.check(ROOT, map, Map.of()))
        .hasMessageContaining("'a' use itself through 'c'");
  }

  @Test
  void namesASightOfAnotherPartOfTheProject() {
    assertThatThrownBy(() -> Layers.check("dev.aegis", allOf(), Map.of()))
        .hasMessageContaining("package 'testkit' is not in the map");
  }

  private static Map<String, Set<String>> allOf() {
    return Map.of("model", Set.of());
  }
}
