package dev.aegis.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectKeyTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "tenants/acme",
        "tenants/acme/routes/orders",
        "tenants/acme/plugins/Limit.all_1-x",
        "plugins/limit-all",
        "tenants/tenants/upstreams/tenants"
      })
  void textAndKeyAreTheSame(String text) {
    assertThat(ObjectKey.parse(text)).hasToString(text);
    assertThat(ObjectKey.parse(ObjectKey.parse(text).toString())).isEqualTo(ObjectKey.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "tenants",
        "tenants/",
        "tenants/Acme",
        "tenants/-a",
        "tenants/acme/",
        "tenants/acme/routes",
        "tenants/acme/routes/",
        "tenants/acme/routes/a/b",
        "tenants/acme/tenants/b",
        "tenants/acme/gadgets/b",
        "tenants/acme/routes/..",
        "routes/orders",
        "plugins",
        "plugins/a/b",
        "/plugins/a"
      })
  void whatNamesNoObjectIsRefused(String text) {
    assertThatThrownBy(() -> ObjectKey.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
