package dev.aegis.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BrokerArgumentsTest {
  @Test
  void takesTheCommandLineBeforeTheEnvironment() throws BrokerArguments.Unusable {
    Map<String, String> environment = Map.of("AEGIS_DATA", "/state", "AEGIS_KAFKA_PORT", "19092");
    assertThat(BrokerArguments.read(List.of(), environment))
        .isEqualTo(new BrokerArguments(19_092, Path.of("/state/kafka"), false));
    assertThat(
            BrokerArguments.read(
                List.of("--port", "0", "--data", "/d/../e", "--watch-stdin"), environment))
        .isEqualTo(new BrokerArguments(0, Path.of("/e"), true));
  }

  @Test
  void saysWhatIsWrong() {
    assertUnusable("no data folder", List.of());
    assertUnusable("not 70000", List.of("--data", "/d", "--port", "70000"));
    assertUnusable("not http", List.of("--data", "/d", "--port", "http"));
    assertUnusable("--port wants a value", List.of("--data", "/d", "--port"));
    assertUnusable("unknown argument --prot", List.of("--data", "/d", "--prot", "1"));
  }

  private static void assertUnusable(String message, List<String> arguments) {
    assertThatThrownBy(() -> BrokerArguments.read(arguments, Map.of()))
        .isInstanceOf(BrokerArguments.Unusable.class)
        .hasMessageContaining(message);
  }
}
