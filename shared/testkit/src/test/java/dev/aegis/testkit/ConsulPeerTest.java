package dev.aegis.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class ConsulPeerTest {
  @Test
  void listsWhatIsRegisteredUntilItIsNot() throws IOException {
    try (ConsulPeer consul = ConsulPeer.start()) {
      consul.register("api-service-t1", "one", 9001);
      // The agent tells its own catalogue a moment later.
      Awaitility.await().until(() -> healthy(consul).contains("9001"));

      consul.kill();
      assertThat(FreePorts.free(consul.port())).isTrue();
      consul.restart();
      assertThat(healthy(consul)).contains("9001");

      consul.deregister("one");
      Awaitility.await().until(() -> healthy(consul).equals("[]"));
    }
  }

  private static String healthy(ConsulPeer consul) throws IOException {
    return HttpProbe.once(
            consul.port(),
            "GET /v1/health/service/api-service-t1?passing HTTP/1.1\r\nHost: consul\r\n\r\n")
        .text()
        .strip();
  }
}
