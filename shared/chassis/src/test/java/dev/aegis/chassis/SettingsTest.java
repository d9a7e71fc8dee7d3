package dev.aegis.chassis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
  private static final Setting<Integer> PORT =
      Setting.port("gateway.port", "AEGIS_GATEWAY_PORT", 8000, "port of the proxy");
  private static final Setting<Duration> PATIENCE =
      Setting.duration(
          "gateway.patience", "AEGIS_GATEWAY_PATIENCE", Duration.ofSeconds(30), "patience");
  private static final Setting<Boolean> EAGER =
      Setting.flag("gateway.eager", "AEGIS_GATEWAY_EAGER", false, "eagerness");
  private static final Setting<List<String>> PROXIES =
      Setting.texts("gateway.proxies", "AEGIS_GATEWAY_PROXIES", List.of(), "trusted proxies");
  private static final Setting<Optional<String>> KEY =
      Setting.secret("gateway.key", "AEGIS_GATEWAY_KEY", "a key");

  @TempDir Path directory;

  private static Collection<Setting<?>> known() {
    List<Setting<?>> known = new ArrayList<>(CommonSettings.ALL);
    known.addAll(List.of(PORT, PATIENCE, EAGER, PROXIES, KEY));
    return known;
  }

  private static Settings read(List<String> args, Map<String, String> environment)
      throws InvalidSettings {
    return Settings.read(known(), args, environment);
  }

  private static List<String> mistakes(List<String> args, Map<String, String> environment) {
    return catchThrowableOfType(InvalidSettings.class, () -> read(args, environment)).problems();
  }

  private String file(String yaml) throws IOException {
    return Files.writeString(directory.resolve("aegis.yaml"), yaml).toString();
  }

  @Test
  void isTheDefaultWhenNobodySaysAnything() throws Exception {
    Settings settings = read(List.of(), Map.of("HOME", "/root", "AEGIS_GATEWAY_PORT", ""));
    assertThat(settings.of(PORT)).isEqualTo(8000);
    assertThat(settings.of(PATIENCE)).isEqualTo(Duration.ofSeconds(30));
    assertThat(settings.of(CommonSettings.BIND)).isEqualTo("127.0.0.1");
    assertThat(settings.of(CommonSettings.KAFKA_BOOTSTRAP)).isEmpty();
    assertThat(settings.of(CommonSettings.NODE)).isNotBlank();
  }

  @ParameterizedTest
  @CsvSource({
    "true,true,true,1",
    "false,true,true,2",
    "false,false,true,3",
    "false,false,false,8000"
  })
  void commandLineThenEnvironmentThenFileThenDefault(
      boolean line, boolean environment, boolean inFile, int expected) throws Exception {
    List<String> args = new ArrayList<>();
    if (line) {
      args.add("--gateway.port=1");
    }
    if (inFile) {
      args.addAll(List.of("--config", file("gateway:\n  port: 3\n")));
    }
    Settings settings = read(args, environment ? Map.of("AEGIS_GATEWAY_PORT", "2") : Map.of());
    assertThat(settings.of(PORT)).isEqualTo(expected);
  }

  @Test
  void readsEveryFormOfTheCommandLine() throws Exception {
    Settings settings =
        read(
            List.of("--gateway.port", "9", "--gateway.eager", "--data", "x/y", "--bind=::1"),
            Map.of());
    assertThat(settings.of(PORT)).isEqualTo(9);
    assertThat(settings.of(EAGER)).isTrue();
    assertThat(settings.of(CommonSettings.DATA)).isEqualTo(Path.of("x/y"));
    assertThat(settings.of(CommonSettings.BIND)).isEqualTo("::1");
    assertThat(read(List.of("--no-gateway.eager"), Map.of("AEGIS_GATEWAY_EAGER", "yes")).of(EAGER))
        .isFalse();
    assertThat(read(List.of("--gateway.eager", "false"), Map.of()).of(EAGER)).isFalse();
  }

  @Test
  void readsNestedAndDottedNamesAndListsOfTheFile() throws Exception {
    String file =
        file("gateway.patience: 5s\ngateway:\n  eager: true\n  proxies: [10.0.0.1, 10.0.0.2]\n");
    Settings settings = read(List.of("--config=" + file), Map.of());
    assertThat(settings.of(PATIENCE)).isEqualTo(Duration.ofSeconds(5));
    assertThat(settings.of(EAGER)).isTrue();
    assertThat(settings.of(PROXIES)).containsExactly("10.0.0.1", "10.0.0.2");
  }

  @Test
  void aListOfObjectsInTheFileIsJson() throws Exception {
    Setting<String> grants = Setting.text("admin.grants", "AEGIS_ADMIN_GRANTS", "[]", "JSON");
    String file = file("admin:\n  grants:\n    - {claim: a, value: 'b,\"c'}\n    - [1]\n");
    assertThat(Settings.read(List.of(grants), List.of("--config=" + file), Map.of()).of(grants))
        .isEqualTo("[{\"claim\":\"a\",\"value\":\"b,\\\"c\"},[1]]");
  }

  @Test
  void saysAllMistakesAtOnceAndTheNearNames() throws Exception {
    String file = file("gateway:\n  prot: 1\n  patience: soon\n");
    assertThat(
            mistakes(
                List.of("--config", file, "--gateway.eagr", "true", "stray", "--gateway.port"),
                Map.of("AEGIS_GATEWAY_PROT", "1", "AEGIS_BIND", " ")))
        .containsExactlyInAnyOrder(
            "command line: there is no --gateway.eagr; did you mean --gateway.eager?",
            "command line: \"stray\" is not an option; options begin with --",
            "--gateway.port: needs a value",
            "environment: there is no AEGIS_GATEWAY_PROT; did you mean AEGIS_GATEWAY_PORT?",
            "AEGIS_BIND: must not be empty, not \" \"",
            file + ": there is no gateway.prot; did you mean gateway.port?",
            file
                + ": gateway.patience: must be a span of time such as 250ms, 5s, 10m, 1h or 7d,"
                + " not \"soon\"");
  }

  @ParameterizedTest
  @CsvSource({"-1", "65536", "http", "8000.0", "''"})
  void refusesWhatIsNoPort(String port) {
    assertThat(mistakes(List.of("--gateway.port=" + port), Map.of()))
        .containsExactly(
            "--gateway.port: must be a whole number from 0 to 65535, not \"" + port + "\"");
  }

  @ParameterizedTest
  @CsvSource({
    "consul.url, zzz, 'must be a URL such as http://host:8500'",
    "consul.url, ftp://host:1, 'must be a URL such as http://host:8500'",
    "consul.url, https://host, 'must be a URL such as http://host:8500'",
    "consul.url, http://, 'must be a URL such as http://host:8500'",
    "redis.url, foo, 'must be a URL such as redis://host:6379'",
    "redis.url, http://host:1, 'must be a URL such as redis://host:6379'",
    "redis.url, redis://:hunter2@host, 'must be a URL such as redis://host:6379'"
  })
  void refusesWhatIsNoUrlOfAPeerWithoutRepeatingIt(String name, String url, String expected) {
    assertThat(mistakes(List.of("--" + name + "=" + url), Map.of()))
        .containsExactly("--" + name + ": " + expected);
  }

  @Test
  void takesTheUrlOfAPeerAsItStands() throws Exception {
    Settings settings = read(List.of("--redis.url=redis://:hunter2@host:6379/1"), Map.of());
    assertThat(settings.of(CommonSettings.REDIS_URL)).contains("redis://:hunter2@host:6379/1");
    assertThat(settings.toString()).doesNotContain("hunter2");
    assertThat(read(List.of("--consul.url=https://host:1"), Map.of()).of(CommonSettings.CONSUL_URL))
        .contains("https://host:1");
  }

  @ParameterizedTest
  @CsvSource({"'a b'", "http://x", ".example.com", "example..com", "example.com:80", "-a.test"})
  void refusesWhatIsNoDomain(String domain) {
    assertThat(mistakes(List.of("--base_domain=" + domain), Map.of()))
        .containsExactly(
            "--base_domain: must be a domain such as example.com, not \"" + domain + "\"");
  }

  @Test
  void takesADomainInLowerCase() throws Exception {
    assertThat(
            read(List.of("--base_domain=Api.Example-1.COM"), Map.of())
                .of(CommonSettings.BASE_DOMAIN))
        .isEqualTo("api.example-1.com");
  }

  @Test
  void spellsEveryNameWithUnderscores() {
    assertThat(known()).allSatisfy(setting -> assertThat(setting.name()).doesNotContain("-"));
  }

  @Test
  void neverEchoesASecret() {
    Setting<Optional<String>> key = Setting.secret("gateway.key", "AEGIS_GATEWAY_KEY", "a key");
    InvalidSettings invalid =
        catchThrowableOfType(
            InvalidSettings.class,
            () -> Settings.read(List.of(key), List.of("--gateway.key= "), Map.of()));
    assertThat(invalid.problems()).containsExactly("--gateway.key: must not be empty");
  }

  @Test
  void leavesSecretsOutOfItsText() throws Exception {
    assertThat(read(List.of(), Map.of("AEGIS_GATEWAY_KEY", "hunter2")).toString())
        .contains("gateway.port=8000", "gateway.key=(secret)")
        .doesNotContain("hunter2");
  }

  @Test
  void leavesTheSectionsOfOtherServicesToThem() throws Exception {
    String file = file("admin:\n  prot: 1\nanalytics: {port: 4570}\nkafka: {port: 9092}\n");
    Settings settings =
        read(
            List.of("--config", file),
            Map.of(
                "AEGIS_ADMIN_PORT", "4567",
                "AEGIS_WEBHOOKS_ANYTHING", "1",
                "AEGIS_REDIS_PORT", "0",
                "AEGIS_TEST_REDIS", "/usr/bin/redis-server"));
    assertThat(settings.of(PORT)).isEqualTo(8000);
    assertThat(mistakes(List.of(), Map.of("AEGIS_GATEWAI_PORT", "1")))
        .containsExactly(
            "environment: there is no AEGIS_GATEWAI_PORT; did you mean AEGIS_GATEWAY_PORT?");
  }

  @Test
  void aMissingFileIsAMistake() {
    assertThat(mistakes(List.of("--config", "/nowhere/aegis.yaml"), Map.of()))
        .containsExactly("--config: there is no file /nowhere/aegis.yaml");
  }

  @ParameterizedTest
  @CsvSource({
    "'key: \"hunter2\n', 'not YAML, or a name twice, at line'",
    "'bind: hunter2\nbind: hunter2\n', 'not YAML, or a name twice, at line'",
    "'- hunter2', 'must hold names and values'"
  })
  void aBrokenFileIsAMistakeThatDoesNotQuoteTheFile(String yaml, String expected) throws Exception {
    assertThat(mistakes(List.of("--config", file(yaml)), Map.of()))
        .singleElement()
        .asString()
        .contains(expected)
        .doesNotContain("hunter2");
  }

  @Test
  void anEmptyFileSaysNothing() throws Exception {
    assertThat(read(List.of("--config", file("# nothing\n")), Map.of()).of(PORT)).isEqualTo(8000);
  }

  @Test
  void aRequiredSettingMustBeGiven() throws Exception {
    Setting<String> name = Setting.requiredText("tenant", "AEGIS_TENANT", "a tenant");
    assertThatThrownBy(() -> Settings.read(List.of(name), List.of(), Map.of()))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage("tenant: must be given, by --tenant or AEGIS_TENANT");
    assertThat(Settings.read(List.of(name), List.of("--tenant=a"), Map.of()).of(name))
        .isEqualTo("a");
  }

  @Test
  void copiesWithAnotherValue() {
    Settings settings = Settings.defaults(known());
    assertThat(settings.with(PORT, 0).of(PORT)).isZero();
    assertThat(settings.of(PORT)).isEqualTo(8000);
    assertThatThrownBy(() -> Settings.defaults(List.of()).of(PORT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("gateway.port");
  }

  @Test
  void twoSettingsMayNotShareAName() {
    Setting<Integer> twin = Setting.port("gateway.port", "AEGIS_OTHER", 1, "another");
    assertThatThrownBy(() -> Settings.read(List.of(PORT, twin), List.of(), Map.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void helpShowsEachSettingWithItsNamesAndDefaultButNoSecret() {
    assertThat(SettingsHelp.text("gateway", known()))
        .contains("--gateway.port  AEGIS_GATEWAY_PORT  [8000]", "port of the proxy")
        .contains("--gateway.patience  AEGIS_GATEWAY_PATIENCE  [30s]")
        .contains("--master_key  AEGIS_MASTER_KEY\n");
  }
}
