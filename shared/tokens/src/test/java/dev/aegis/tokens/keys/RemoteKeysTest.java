package dev.aegis.tokens.keys;

import static dev.aegis.journal.SigningAlgorithm.ES256;
import static dev.aegis.journal.SigningAlgorithm.RS256;
import static dev.aegis.tokens.keys.ScriptedIssuer.KEYS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.journal.PublishedKeys;
import dev.aegis.journal.SigningAlgorithm;
import dev.aegis.model.Finding;
import dev.aegis.testkit.Jwts;
import dev.aegis.tokens.KeySet;
import dev.aegis.tokens.VerificationKey;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RemoteKeysTest {
  private static final Jwts.Key A = Jwts.key("a", "RS256");
  private static final Jwts.Key B = Jwts.key("b", "RS256");
  private static final Jwts.Key C = Jwts.key("c", "RS256");
  private static final String MAIN = "tenants/acme/issuers/main";
  private static final String OTHER = "tenants/other/issuers/main";
  private static final Duration LONG = Duration.ofHours(1);
  private static final Duration SHORT = Duration.ofMillis(20);
  private static final PublishedKeys PUBLISHED =
      new PublishedKeys(new PublishedKeys.At(KEYS), 300, 3_600);

  /** Nothing happens by itself but the first fetch, and others after a failure. */
  private static final FetchTerms TERMS =
      new FetchTerms(LONG, LONG, LONG, SHORT, SHORT, LONG, LONG, Duration.ofSeconds(20));

  @TempDir private Path folder;

  private final ScriptedIssuer issuer = new ScriptedIssuer().shows(A);
  private final List<RemoteKeys> opened = new ArrayList<>();
  private volatile Instant now = Instant.ofEpochSecond(1_800_000_000);

  @AfterEach
  void close() {
    issuer.release();
    opened.forEach(RemoteKeys::close);
  }

  private RemoteKeys open(FetchTerms terms) {
    RemoteKeys keys = new RemoteKeys(issuer, new KeysFolder(folder), () -> now, terms);
    opened.add(keys);
    return keys;
  }

  private KeySet put(RemoteKeys keys) {
    return keys.put("acme", MAIN, List.of(RS256), PUBLISHED);
  }

  private static List<String> ids(List<VerificationKey> keys) {
    return keys.stream().map(key -> String.valueOf(key.id())).toList();
  }

  private static List<String> ids(KeySet keys, String id) {
    return ids(found(keys, RS256, id));
  }

  /** As a token is tried. */
  private static List<VerificationKey> found(
      KeySet keys, SigningAlgorithm algorithm, @Nullable String id) {
    List<VerificationKey> known = keys.keys(algorithm, id);
    return known.isEmpty() ? keys.late(algorithm, id) : known;
  }

  @Test
  void areFetchedBeforeTheyAreNeeded() {
    RemoteKeys keys = open(TERMS);
    put(keys);

    await().until(() -> keys.count(RemoteKeys.Outcome.CHANGED) == 1);
    assertThat(issuer.asked()).containsExactly(KEYS);
    assertThat(keys.findings()).isEmpty();
  }

  @Test
  void areWaitedForByWhoeverComesBeforeThem() throws Exception {
    issuer.hold();
    KeySet set = put(open(TERMS));
    try (ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<List<VerificationKey>>> found = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        String id = i % 2 == 0 ? "a" : null;
        found.add(requests.submit(() -> found(set, RS256, id)));
      }
      await().until(() -> !issuer.asked().isEmpty());
      issuer.release();
      for (Future<List<VerificationKey>> each : found) {
        assertThat(ids(each.get())).containsExactly("a");
      }
    }
    assertThat(issuer.asked()).hasSize(1);
  }

  @Test
  void areWaitedForNoLongerThanThat() {
    issuer.hold();
    KeySet set = put(open(new FetchTerms(LONG, LONG, LONG, SHORT, SHORT, LONG, LONG, SHORT)));

    assertThat(ids(set, "a")).isEmpty();
  }

  @Test
  void areThoseOfTheAlgorithmAndTheId() {
    Jwts.Key curve = Jwts.key("a", "ES256");
    issuer.shows(A, B, curve);
    KeySet set = open(TERMS).put("acme", MAIN, List.of(RS256, ES256), PUBLISHED);

    assertThat(ids(set, "a")).containsExactly("a");
    assertThat(ids(found(set, ES256, "a"))).containsExactly("a");
    assertThat(ids(found(set, RS256, null))).containsExactly("a", "b");
    assertThat(found(set, SigningAlgorithm.PS256, "a")).isEmpty();
    assertThat(found(set, SigningAlgorithm.HS256, "a")).isEmpty();
    assertThat(issuer.asked()).hasSize(1);
  }

  @Test
  void areFetchedEarlyForAnUnknownOneOnceForAllWhoAsk() throws Exception {
    KeySet set = put(open(TERMS));
    assertThat(ids(set, "a")).containsExactly("a");
    issuer.shows(A, B);
    issuer.hold();
    try (ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<List<VerificationKey>>> found = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        found.add(requests.submit(() -> found(set, RS256, "b")));
      }
      await().until(() -> issuer.asked().size() == 2);
      assertThat(ids(set, "a")).as("who has a known key does not wait").containsExactly("a");
      issuer.release();
      for (Future<List<VerificationKey>> each : found) {
        assertThat(ids(each.get())).containsExactly("b");
      }
    }
    assertThat(issuer.asked()).hasSize(2);
  }

  @Test
  void areNotFetchedForWhateverSomebodyInvents() {
    KeySet set = put(open(TERMS));
    assertThat(ids(set, "a")).containsExactly("a");

    assertThat(ids(set, "x")).isEmpty();
    assertThat(issuer.asked()).hasSize(2);
    assertThat(ids(set, "x")).as("asked for in vain").isEmpty();
    assertThat(issuer.asked()).hasSize(2);
    for (int i = 0; i < 1_000; i++) {
      assertThat(ids(set, "y" + i)).isEmpty();
    }
    assertThat(issuer.asked()).as("two at once, then one each pause").hasSize(3);
    assertThat(ids(set, "")).isEmpty();
    assertThat(ids(set, "z".repeat(257))).isEmpty();
    assertThat(ids(set, "a")).containsExactly("a");
  }

  @Test
  void ofOneTenantAreStillFetchedWhenAnotherHasUsedUpItsShare() {
    RemoteKeys keys = open(TERMS);
    KeySet flooded = put(keys);
    KeySet other = keys.put("other", OTHER, List.of(RS256), PUBLISHED);
    for (int i = 0; i < 10; i++) {
      assertThat(ids(flooded, "y" + i)).isEmpty();
    }
    issuer.shows(A, B);

    assertThat(ids(flooded, "b")).isEmpty();
    assertThat(ids(other, "b")).containsExactly("b");
    assertThat(ids(flooded, "b")).as("brought by the other").containsExactly("b");
  }

  @Test
  void areFetchedForATokenWithoutIdWhenNoneIsGood() {
    KeySet set = put(open(TERMS));
    assertThat(ids(set, "a")).containsExactly("a");
    now = now.plusSeconds(1_000_000);

    assertThat(ids(found(set, RS256, null))).containsExactly("a");
    assertThat(issuer.asked()).hasSize(2);
  }

  @Test
  void areAskedForSoonerForWhoeverLetsThemBeLessOld() {
    RemoteKeys keys = open(TERMS);
    assertThat(ids(put(keys), "a")).containsExactly("a");
    keys.put("other", OTHER, List.of(RS256), new PublishedKeys(PUBLISHED.place(), 0, 300));

    await().until(() -> issuer.asked().size() == 2);
  }

  @Test
  void areAskedForAgainAfterThePause() {
    FetchTerms terms = new FetchTerms(LONG, LONG, LONG, SHORT, SHORT, SHORT, SHORT, LONG);
    KeySet set = put(open(terms));
    assertThat(ids(set, "b")).isEmpty();
    issuer.shows(B);

    await().until(() -> ids(set, "b").equals(List.of("b")));
  }

  @Test
  void areGoodForTheOverlapAfterTheyLeftTheSet() {
    KeySet set = put(open(TERMS));
    VerificationKey old = found(set, RS256, "a").getFirst();
    issuer.shows(B);
    VerificationKey next = found(set, RS256, "b").getFirst();

    assertThat(ids(set, "a")).containsExactly("a");
    assertThat(set.proof(old).holds(now)).isTrue();
    now = now.plusSeconds(299);
    assertThat(set.proof(old).holds(now)).isTrue();
    now = now.plusSeconds(1);
    assertThat(set.proof(old).holds(now)).isFalse();
    assertThat(set.proof(next).holds(now)).isTrue();
    assertThat(ids(set, "a")).isEmpty();
    assertThat(ids(found(set, RS256, null))).containsExactly("b");
  }

  @Test
  void areGoneAtOnceWithoutOverlap() {
    KeySet set =
        open(TERMS)
            .put("acme", MAIN, List.of(RS256), new PublishedKeys(PUBLISHED.place(), 0, 3_600));
    VerificationKey old = found(set, RS256, "a").getFirst();
    issuer.shows(B);
    assertThat(ids(set, "b")).containsExactly("b");

    assertThat(set.proof(old).holds(now)).isFalse();
    assertThat(ids(set, "a")).isEmpty();
  }

  @Test
  void stayTheSameWhileTheyAreInTheSet() {
    KeySet set = put(open(TERMS));
    VerificationKey before = found(set, RS256, "a").getFirst();
    issuer.shows(B, A);
    assertThat(ids(set, "b")).containsExactly("b");

    assertThat(found(set, RS256, "a").getFirst()).isSameAs(before);
    assertThat(set.proof(before).holds(now)).isTrue();
  }

  @Test
  void mayComeBack() {
    FetchTerms terms = new FetchTerms(LONG, LONG, LONG, SHORT, SHORT, SHORT, SHORT, LONG);
    KeySet set = put(open(terms));
    assertThat(ids(set, "a")).containsExactly("a");
    issuer.shows(B);
    assertThat(ids(set, "b")).containsExactly("b");
    issuer.shows(A, C);
    await().until(() -> ids(set, "c").equals(List.of("c")));
    now = now.plusSeconds(300);

    assertThat(ids(set, "a")).containsExactly("a");
    assertThat(ids(set, "b")).isEmpty();
  }

  @Test
  void areTakenAwayByAnEmptySetAfterTheOverlap() {
    KeySet set = put(open(TERMS));
    assertThat(ids(set, "a")).containsExactly("a");
    issuer.shows();
    assertThat(ids(set, "x")).isEmpty();

    assertThat(ids(set, "a")).containsExactly("a");
    now = now.plusSeconds(300);
    assertThat(ids(set, "a")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "not JSON",
        "[]",
        "{}",
        "{\"keys\":{}}",
        "{\"keys\":[],\"keys\":[]}",
        "{\"keys\":[]} {}"
      })
  void stayWhenTheAnswerIsNoKeySet(String answer) {
    RemoteKeys keys = open(TERMS);
    KeySet set = put(keys);
    assertThat(ids(set, "a")).containsExactly("a");
    issuer.says(KEYS, answer);
    assertThat(ids(set, "x")).isEmpty();

    now = now.plusSeconds(1_000);
    assertThat(ids(set, "a")).containsExactly("a");
    assertThat(keys.findings())
        .extracting(Finding::severity)
        .containsOnly(Finding.Severity.WARNING);
  }

  @Test
  void stayWhenThereAreTooMany() {
    RemoteKeys keys = open(TERMS);
    KeySet set = put(keys);
    assertThat(ids(set, "a")).containsExactly("a");
    issuer.says(KEYS, "{\"keys\":[" + "{},".repeat(100) + "{}]}");
    assertThat(ids(set, "x")).isEmpty();

    assertThat(ids(set, "a")).containsExactly("a");
    await().until(() -> keys.unanswered() == 1);
  }

  @Test
  void ofNoUseDoNotTouchTheOthers() {
    String good = Jwts.keySet(B).substring("{\"keys\":[".length());
    issuer.says(
        KEYS,
        "{\"keys\":[7,null,{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"AA\"},"
            + "{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"AQAB\",\"e\":\"AQAB\"},"
            + "{\"kty\":\"new\",\"kid\":\"a\"},"
            + good);
    KeySet set = put(open(TERMS));

    assertThat(ids(found(set, RS256, null))).containsExactly("b");
  }

  @Test
  void areInDoubtWhileNobodyAnswersForThem() throws Exception {
    issuer.hold();
    KeySet set = put(open(new FetchTerms(LONG, LONG, LONG, SHORT, SHORT, LONG, LONG, SHORT)));
    assertThat(ids(set, "a")).isEmpty();
    assertThat(set.doubt()).isEqualTo("it has not answered yet");
    issuer.release();
    await().until(() -> ids(set, "a").equals(List.of("a")));
    await().untilAsserted(() -> assertThat(set.doubt()).isNull());

    issuer.fails();
    assertThat(ids(set, "x")).isEmpty();
    await().untilAsserted(() -> assertThat(set.doubt()).isEqualTo("its key set: timeout"));
  }

  @Test
  void areGoodForAWhileWithoutAnAnswerAndThenRefused() {
    RemoteKeys keys = open(TERMS);
    KeySet set = put(keys);
    VerificationKey key = found(set, RS256, "a").getFirst();
    issuer.fails();
    assertThat(ids(set, "x")).isEmpty();

    now = now.plusSeconds(3_599);
    assertThat(ids(set, "a")).containsExactly("a");
    assertThat(set.proof(key).holds(now)).isTrue();
    await().until(() -> keys.findings().size() == 1);
    assertThat(keys.findings().getFirst())
        .isEqualTo(
            Finding.warning(
                MAIN,
                "its keys are those of 2027-01-15T08:00:00Z, good until 2027-01-15T09:00:00Z:"
                    + " its key set: timeout"));
    now = now.plusSeconds(1);
    assertThat(set.proof(key).holds(now)).isFalse();
    assertThat(ids(set, "a")).isEmpty();
    assertThat(keys.findings().getFirst().severity()).isEqualTo(Finding.Severity.ERROR);

    issuer.shows(A);
    await().until(() -> ids(set, "a").equals(List.of("a")));
    await().until(() -> keys.findings().isEmpty());
  }

  @Test
  void outliveARestart() {
    RemoteKeys before = open(TERMS);
    assertThat(ids(put(before), "a")).containsExactly("a");
    await().until(() -> files() == 1);
    before.close();
    issuer.fails();
    now = now.plusSeconds(3_000);

    KeySet set = put(open(TERMS));
    assertThat(ids(set, "a")).containsExactly("a");
    now = now.plusSeconds(600);
    assertThat(ids(set, "a")).isEmpty();
  }

  @Test
  void thatLeftTheSetAreNotGoodForLongerAfterARestart() {
    RemoteKeys before = open(TERMS);
    KeySet first = put(before);
    assertThat(ids(first, "a")).containsExactly("a");
    issuer.shows(B);
    assertThat(ids(first, "b")).containsExactly("b");
    await().until(() -> before.count(RemoteKeys.Outcome.CHANGED) == 2);
    await().until(() -> onDisk().contains("left_at"));
    before.close();
    issuer.fails();
    now = now.plusSeconds(299);

    KeySet set = put(open(TERMS));
    assertThat(ids(set, "a")).containsExactly("a");
    now = now.plusSeconds(1);
    assertThat(ids(set, "a")).isEmpty();
    assertThat(ids(set, "b")).containsExactly("b");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", "{\"of\":\"jwks https://idp.test/keys\",\"keys\":7}"})
  void thatWereSpoiltOnDiskAreFetchedAnew(String spoilt) throws Exception {
    RemoteKeys before = open(TERMS);
    assertThat(ids(put(before), "a")).containsExactly("a");
    await().until(() -> files() == 1);
    before.close();
    try (Stream<Path> files = Files.list(folder)) {
      Files.writeString(files.findFirst().orElseThrow(), spoilt);
    }
    issuer.shows(B);

    KeySet set = put(open(TERMS));
    assertThat(ids(set, "b")).containsExactly("b");
    assertThat(ids(set, "a")).isEmpty();
  }

  @Test
  void areFetchedOnceForAllWhoGoByThem() {
    RemoteKeys keys = open(TERMS);
    KeySet main = put(keys);
    PublishedKeys otherTerms = new PublishedKeys(PUBLISHED.place(), 0, 7_200);
    KeySet other = keys.put("other", OTHER, List.of(RS256), otherTerms);
    assertThat(ids(main, "a")).containsExactly("a");
    assertThat(ids(other, "a")).containsExactly("a");
    assertThat(issuer.asked()).hasSize(1);
    issuer.shows(B);
    assertThat(ids(main, "b")).containsExactly("b");

    assertThat(ids(main, "a")).containsExactly("a");
    assertThat(ids(other, "a")).as("each has its own terms").isEmpty();
    keys.keepOnly("acme", Set.of());
    keys.forgetUnused();
    assertThat(files()).isEqualTo(1);
    keys.keepOnly("other", Set.of());
    await() // a save may still be under way, and is cleared away the next time
        .until(
            () -> {
              keys.forgetUnused();
              return files() == 0;
            });
    assertThat(keys.findings()).isEmpty();
  }

  @Test
  void areTheSameWhileTheIssuerSaysTheSame() {
    RemoteKeys keys = open(TERMS);
    KeySet set = put(keys);

    assertThat(put(keys)).isSameAs(set);
    KeySet changed =
        keys.put("acme", MAIN, List.of(RS256), new PublishedKeys(PUBLISHED.place(), 1, 3_600));
    assertThat(changed).isNotSameAs(set);
    assertThat(ids(changed, "a")).containsExactly("a");
    assertThat(issuer.asked()).as("the set is known").hasSize(1);
  }

  @Test
  void areFoundByDiscovery() {
    issuer.says(
        URI.create("https://idp.test/t/.well-known/openid-configuration"),
        "{\"issuer\":\"https://idp.test/t/\",\"jwks_uri\":\"" + KEYS + "\"}");
    KeySet set = open(TERMS).put("acme", MAIN, List.of(RS256), discovered("https://idp.test/t/"));

    assertThat(ids(set, "a")).containsExactly("a");
    assertThat(issuer.asked()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"issuer\":\"https://idp.test/\",\"jwks_uri\":\"https://idp.test/keys\"}",
        "{\"issuer\":\"https://IDP.test\",\"jwks_uri\":\"https://idp.test/keys\"}",
        "{\"issuer\":[\"https://idp.test\"],\"jwks_uri\":\"https://idp.test/keys\"}",
        "{\"jwks_uri\":\"https://idp.test/keys\"}",
        "{\"issuer\":\"https://idp.test\"}",
        "{\"issuer\":\"https://idp.test\",\"jwks_uri\":\"http://idp.test/keys\"}",
        "{\"issuer\":\"https://idp.test\",\"jwks_uri\":\"https://u:p@idp.test/keys\"}",
        "{\"issuer\":\"https://idp.test\",\"jwks_uri\":\"file:///etc/passwd\"}",
        "{\"issuer\":\"https://idp.test\",\"jwks_uri\":\"/keys\"}",
        "not JSON"
      })
  void areNotTakenFromWhereverADocumentSays(String document) {
    URI place = URI.create("https://idp.test/.well-known/openid-configuration");
    issuer.says(place, document);
    RemoteKeys keys = open(TERMS);
    KeySet set = keys.put("acme", MAIN, List.of(RS256), discovered("https://idp.test"));

    await().until(() -> keys.count(RemoteKeys.Outcome.FAILED) > 1);
    assertThat(ids(set, "a")).isEmpty();
    assertThat(issuer.asked()).containsOnly(place);
    assertThat(keys.findings().getFirst().message()).contains("its discovery document");
  }

  @Test
  void ofOthersKindsAreAFinding() {
    issuer.shows(Jwts.key("e", "ES256"));
    RemoteKeys keys = open(TERMS);
    KeySet set = put(keys);

    assertThat(ids(set, "e")).isEmpty();
    await().until(() -> !keys.findings().isEmpty());
    assertThat(keys.findings().getFirst().message())
        .isEqualTo(
            "it has no keys, so its tokens are refused: its key set has none for its algorithms");
  }

  private static PublishedKeys discovered(String name) {
    return new PublishedKeys(new PublishedKeys.Discovered(name), 300, 3_600);
  }

  private long files() {
    return list().stream().filter(file -> file.toString().endsWith(".json")).count();
  }

  private String onDisk() throws java.io.IOException {
    return Files.readString(
        list().stream()
            .filter(file -> file.toString().endsWith(".json"))
            .findFirst()
            .orElseThrow());
  }

  private List<Path> list() {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
