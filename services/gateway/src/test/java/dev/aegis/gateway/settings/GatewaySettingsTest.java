package dev.aegis.gateway.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.aegis.chassis.InvalidSettings;
import dev.aegis.chassis.Settings;
import dev.aegis.chassis.StartFailure;
import dev.aegis.gateway.proxies.Front;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GatewaySettingsTest {
  @ParameterizedTest
  @ValueSource(strings = {"many", "0", "-1", "9999999999"})
  void saysWhatANumberOfConnectionsMustBe(String text) {
    InvalidSettings invalid =
        catchThrowableOfType(
            InvalidSettings.class,
            () ->
                Settings.read(
                    GatewaySettings.ALL, List.of("--gateway.max_connections=" + text), Map.of()));
    assertThat(invalid.problems())
        .containsExactly(
            "--gateway.max_connections: must be a whole number from 1 to 2147483647, not \""
                + text
                + "\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.2", "10.0.0.2:0", "me@10.0.0.2:53", "10.0.0.2:53/x", "a b:53"})
  void saysWhatANameServerMustBe(String text) {
    InvalidSettings invalid =
        catchThrowableOfType(
            InvalidSettings.class,
            () -> Settings.read(GatewaySettings.ALL, List.of("--dns.server=" + text), Map.of()));
    assertThat(invalid.problems().getFirst())
        .startsWith("--dns.server: must be host:port of a name server, such as 10.0.0.2:53");
  }

  @Test
  void takesANameServer() throws InvalidSettings {
    Settings settings =
        Settings.read(GatewaySettings.ALL, List.of("--dns.server=[::1]:53"), Map.of());
    assertThat(settings.of(GatewaySettings.DNS_SERVER)).contains("[::1]:53");
  }

  @Test
  void aProtocolThatNobodyMaySpeakStopsTheStart() throws Exception {
    Settings alone =
        Settings.read(GatewaySettings.ALL, List.of("--gateway.proxy_protocol=required"), Map.of());
    assertThatThrownBy(() -> GatewaySettings.front(alone))
        .isInstanceOf(StartFailure.class)
        .hasMessageContaining("gateway.trusted_proxies");
    Settings whole =
        Settings.read(
            GatewaySettings.ALL,
            List.of(
                "--gateway.proxy_protocol=required", "--gateway.trusted_proxies=10.0.0.0/8,::1"),
            Map.of());
    assertThat(GatewaySettings.front(whole).announces()).isTrue();
    assertThat(GatewaySettings.front(Settings.read(GatewaySettings.ALL, List.of(), Map.of())))
        .isEqualTo(Front.NONE);
  }
}
