package dev.aegis.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.admin.settings.AdminSettings;
import dev.aegis.analytics.settings.AnalyticsSettings;
import dev.aegis.chassis.CommonSettings;
import dev.aegis.chassis.Setting;
import dev.aegis.gateway.settings.GatewaySettings;
import dev.aegis.testkit.Repository;
import dev.aegis.webhooks.settings.WebhooksSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * {@code compose.yaml} and the image, held against the code, where no engine can run them. {@link
 * ObservedStackTest} starts what they describe.
 */
final class ComposeTest {
  private static final Path ROOT = Repository.root();
  private static final Set<String> SERVICES =
      Set.of("gateway", "admin", "analytics", "webhook-dispatcher");
  private static final Pattern PINNED = Pattern.compile("[\\w./-]+:v?\\d+(\\.\\d+)+[\\w.-]*");
  private static final Pattern HEAP = Pattern.compile("-Xmx(\\d+)([mg])");
  private static final Pattern PUBLISHED =
      Pattern.compile("(127\\.0\\.0\\.1|\\$\\{\\w+:-127\\.0\\.0\\.1}):(\\d+):(\\d+)");

  @Test
  void everyServiceIsThere() {
    assertThat(Compose.services().stream().map(Compose.Service::name))
        .contains(
            "kafka",
            "redis",
            "consul",
            "gateway-a",
            "gateway-b",
            "admin",
            "analytics",
            "webhook-dispatcher",
            "backend-a",
            "backend-b",
            "receiver",
            "prometheus",
            "alertmanager",
            "grafana",
            "datadog");
    assertThat(Compose.service("datadog").texts("profiles")).containsExactly("datadog");
  }

  @Test
  void imagesArePinned() {
    for (Compose.Service service : Compose.services()) {
      assertThat(service.image()).as(service.name()).matches(PINNED);
    }
    Documents.text("compose/Dockerfile")
        .lines()
        .filter(line -> line.startsWith("FROM "))
        .map(line -> line.split(" ")[1])
        .forEach(
            image ->
                assertThat(image).matches("[\\w.-]+:(\\d+\\.\\d+\\.\\d+|\\w+-\\d{8})[\\w.-]*"));
    assertThat(Compose.service("kafka").image())
        .isEqualTo("apache/kafka:" + inPom("kafka.version"));
    assertThat(Compose.service("admin").image())
        .isEqualTo("aegis:" + inPom("version").replace("-SNAPSHOT", ""));
  }

  /** What the build says of a version. */
  private static String inPom(String name) {
    Matcher said = Pattern.compile("<" + name + ">([^<]+)</").matcher(Documents.text("pom.xml"));
    assertThat(said.find()).as(name).isTrue();
    return said.group(1);
  }

  @Test
  void nothingMayMoreThanItMust() {
    for (Compose.Service service : Compose.services()) {
      String name = service.name();
      assertThat(service.at("deploy", "resources", "limits", "memory")).as(name).isNotNull();
      assertThat(service.at("deploy", "resources", "limits", "cpus")).as(name).isNotNull();
      assertThat(service.texts("security_opt")).as(name).contains("no-new-privileges:true");
      assertThat(service.at("privileged")).as(name).isNull();
      if (!name.equals("datadog")) { // its agent cannot
        assertThat(service.at("read_only")).as(name).isEqualTo(true);
        assertThat(service.texts("cap_drop")).as(name).containsExactly("ALL");
        assertThat(String.valueOf(service.at("user"))).as(name).matches("[1-9]\\d*:\\d+");
      }
    }
    assertThat(Documents.text("compose/Dockerfile")).contains("\nUSER 10001:10001\n");
  }

  @Test
  void portsAreOpenToThisMachineAlone() {
    Set<String> published = new HashSet<>();
    for (Compose.Service service : Compose.services()) {
      for (String port : service.texts("ports")) {
        Matcher parts = PUBLISHED.matcher(port);
        assertThat(parts.matches()).as("%s %s", service.name(), port).isTrue();
        assertThat(published.add(parts.group(2))).as(port).isTrue();
        if (service.ours()) {
          assertThat(defaultPorts()).as(service.name()).contains(parts.group(3));
        }
      }
    }
    // The gateways' management and the services behind admin are nobody's from outside.
    assertThat(published)
        .containsExactlyInAnyOrder("8000", "8443", "8001", "8444", "4567", "9090", "9093", "3000");
  }

  @Test
  void commandsAreThoseThatTheImageAndTheScriptKnow() throws Exception {
    String script = Documents.text("aegis");
    for (String line : programs()) {
      String[] words = line.split(" +");
      assertThat(ROOT.resolve(words[1]).resolve("pom.xml")).exists();
      assertThat(
              ROOT.resolve(words[1])
                  .resolve("src/main/java")
                  .resolve(words[2].replace('.', '/') + ".java"))
          .exists();
      if (SERVICES.contains(words[0])) {
        assertThat(script).contains("run " + words[1] + " " + words[2] + " ");
      }
    }
    Set<String> known =
        programs().stream().map(line -> line.split(" +")[0]).collect(Collectors.toSet());
    assertThat(known).containsAll(SERVICES);
    Set<String> used = new TreeSet<>();
    for (Compose.Service service : Compose.services()) {
      if (service.ours()) {
        String command = service.command().getFirst();
        if (!command.equals("config")) { // of the command line
          assertThat(known).contains(command);
        }
        used.add(command);
      }
    }
    assertThat(used).containsAll(SERVICES);
  }

  @Test
  void variablesAreSettings() {
    for (Compose.Service service : Compose.services()) {
      if (!service.ours()) {
        continue;
      }
      Set<String> known =
          names(
              switch (service.command().getFirst()) {
                case "gateway" -> GatewaySettings.ALL;
                case "admin" -> AdminSettings.ALL;
                case "analytics" -> AnalyticsSettings.ALL;
                case "webhook-dispatcher" -> WebhooksSettings.ALL;
                default -> List.of();
              });
      known.addAll(names(CommonSettings.ALL));
      known.addAll(Set.of("AEGIS_ADMIN_URL", "AEGIS_ADMIN_TOKEN")); // of the command line
      assertThat(known).as(service.name()).containsAll(service.environment().keySet());
    }
    Matcher said = Pattern.compile("AEGIS_\\w+").matcher(Documents.text("compose/Dockerfile"));
    while (said.find()) {
      assertThat(names(CommonSettings.ALL)).contains(said.group());
    }
  }

  /** What somebody has to give is in the example, and nothing in the example is for nothing. */
  @Test
  void theExampleHasWhatIsAskedFor() {
    String file = Documents.text("compose/compose.yaml");
    String example = Documents.text("compose/.env.example");
    Matcher asked = Pattern.compile("\\$\\{(\\w+):\\?").matcher(file);
    while (asked.find()) {
      assertThat(example).contains("\n" + asked.group(1) + "=\n");
    }
    example
        .lines()
        .filter(line -> line.contains("=") && !line.startsWith("#"))
        .map(line -> line.substring(0, line.indexOf('=')))
        .forEach(name -> assertThat(file).contains("${" + name + ":"));
    assertThat(Documents.text(".gitignore")).contains("compose/.env\n");
  }

  @Test
  void healthIsAskedWhereItIsAnswered() {
    String management =
        Documents.text("shared/chassis/src/main/java/dev/aegis/chassis/Management.java");
    for (Compose.Service service : Compose.services()) {
      if (!service.ours() || !SERVICES.contains(service.command().getFirst())) {
        continue;
      }
      List<String> check = service.healthCheck();
      assertThat(check).as(service.name()).hasSize(3);
      assertThat(check.getFirst()).isEqualTo("healthy");
      assertThat(check.get(1)).isEqualTo(managementPort(service.command().getFirst()));
      assertThat(management).contains('"' + check.get(2) + '"');
    }
  }

  @Test
  void whoWaitsForHealthWaitsForSomebodyWhoTellsIt() {
    for (Compose.Service service : Compose.services()) {
      for (Map.Entry<String, String> need : service.needs().entrySet()) {
        assertThat(need.getValue()).isEqualTo("service_healthy");
        assertThat(Compose.service(need.getKey()).healthCheck())
            .as("%s of %s", need.getKey(), service.name())
            .isNotEmpty();
      }
    }
  }

  /** A third and more above the heap is for what is beside it. */
  @Test
  void theHeapFitsIntoTheMemory() {
    for (Compose.Service service : Compose.services()) {
      if (service.ours()) {
        String command = service.command().getFirst();
        String program = command.equals("config") ? "commands" : command;
        String line =
            programs().stream()
                .filter(each -> each.startsWith(program + " "))
                .findFirst()
                .orElseThrow();
        Path options = ROOT.resolve(line.split(" +")[1]).resolve("jvm.options");
        Matcher heap = HEAP.matcher(Documents.text(options) + line);
        long bytes = 0;
        while (heap.find()) {
          bytes = megabytes(heap.group(1), heap.group(2));
        }
        Matcher limit =
            Pattern.compile("(\\d+)([mg])")
                .matcher(String.valueOf(service.at("deploy", "resources", "limits", "memory")));
        assertThat(limit.matches()).as(service.name()).isTrue();
        assertThat(bytes).as(service.name()).isPositive();
        assertThat(megabytes(limit.group(1), limit.group(2)))
            .as(service.name())
            .isGreaterThanOrEqualTo(bytes * 4 / 3);
      }
    }
  }

  @Test
  void filesThatAreMountedExist() {
    Set<?> volumes = ((Map<?, ?>) Compose.file().get("volumes")).keySet();
    Set<String> data = new HashSet<>();
    for (Compose.Service service : Compose.services()) {
      for (String volume : service.texts("volumes")) {
        String[] parts = volume.split(":");
        if (parts[0].startsWith(".")) {
          assertThat(Compose.FOLDER.resolve(parts[0])).exists();
          assertThat(parts).as(volume).hasSize(3).endsWith("ro");
        } else {
          assertThat(volumes.contains(parts[0])).as(volume).isTrue();
          if (parts[1].equals("/var/lib/aegis")) {
            assertThat(data.add(parts[0])).as("%s is one process's alone", volume).isTrue();
          }
        }
      }
    }
    for (String name : List.of("lay-out", "rehearse", "aegis", "healthy")) {
      assertThat(Files.isExecutable(Compose.FOLDER.resolve(name))).as(name).isTrue();
      assertThat(Documents.text("compose/Dockerfile")).contains("compose/" + name);
    }
  }

  private static long megabytes(String number, String unit) {
    return Long.parseLong(number) * (unit.equals("g") ? 1024 : 1);
  }

  private static List<String> programs() {
    return Documents.text("compose/programs")
        .lines()
        .filter(line -> !line.isEmpty() && !line.startsWith("#"))
        .toList();
  }

  private static String managementPort(String service) {
    return switch (service) {
      case "gateway" -> GatewaySettings.MANAGEMENT_PORT.defaultText();
      case "admin" -> AdminSettings.MANAGEMENT_PORT.defaultText();
      case "analytics" -> AnalyticsSettings.PORT.defaultText();
      default -> WebhooksSettings.PORT.defaultText();
    };
  }

  private static Set<String> defaultPorts() {
    return Stream.of(GatewaySettings.PORT, GatewaySettings.TLS_PORT, AdminSettings.PORT)
        .map(Setting::defaultText)
        .collect(Collectors.toSet());
  }

  private static Set<String> names(Collection<Setting<?>> settings) {
    return settings.stream().map(Setting::env).collect(Collectors.toCollection(TreeSet::new));
  }
}
