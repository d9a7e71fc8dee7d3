package dev.aegis.admin.tenancy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Change;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Json;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.Verdict;
import dev.aegis.model.Violation;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who names whom. */
final class ReferencesTest {
  private static final ObjectKey ROUTE = ObjectKey.parse("tenants/t/routes/r");
  private static final ObjectKey UPSTREAM = ObjectKey.parse("tenants/t/upstreams/orders");

  private final Fold fold = new Fold();

  private static ObjectNode read(String json) throws Exception {
    return Json.readObject(json.getBytes(StandardCharsets.UTF_8));
  }

  private void put(ObjectKey key, String json) throws Exception {
    assertThat(
            fold.apply(
                fold.revision() + 1,
                new Change(key, read(json), Change.ANY, "test", Instant.EPOCH)))
        .isInstanceOf(Verdict.Applied.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/upstream | `\"upstream\":\"%s\"`",
        "/mirror/upstream | `\"upstream\":\"api-service-t\",\"mirror\":{\"upstream\":\"%s\"}`",
        "/split/1/upstream | `\"split\":[{\"upstream\":\"api-service-t\"},{\"upstream\":\"%s\"}]`"
      })
  void everyUpstreamOfARouteMustBeThereAndStay(String field, String member) throws Exception {
    put(ObjectKey.tenant("t"), "{\"id\":\"t\",\"name\":\"t\"}");
    put(UPSTREAM, "{\"id\":\"orders\",\"targets\":[{\"url\":\"http://127.0.0.1:1\"}]}");
    String route = "{\"id\":\"r\",\"paths\":[\"/**\"]," + member + "}";
    assertThat(References.check(fold, ROUTE, read(route.formatted("ordres"))))
        .containsExactly(
            new Violation(field, "there is no upstream \"ordres\"; did you mean \"orders\"?"));
    assertThat(References.check(fold, ROUTE, read(route.formatted("orders")))).isEmpty();
    assertThat(References.users(fold, UPSTREAM)).isEmpty();
    put(ROUTE, route.formatted("orders"));
    assertThat(References.users(fold, UPSTREAM)).containsExactly("tenants/t/routes/r");
  }

  @Test
  void everyRoleOfABindingMustBeThereAndStay() throws Exception {
    ObjectKey binding = ObjectKey.parse("tenants/t/bindings/b");
    ObjectKey role = ObjectKey.parse("tenants/t/roles/reader");
    put(ObjectKey.tenant("t"), "{\"id\":\"t\",\"name\":\"t\"}");
    put(role, "{\"id\":\"reader\",\"permissions\":[]}");
    assertThat(
            References.check(
                fold,
                binding,
                read("{\"id\":\"b\",\"subject\":\"s\",\"roles\":[\"reader\",\"raeder\"]}")))
        .containsExactly(
            new Violation("/roles/1", "there is no role \"raeder\"; did you mean \"reader\"?"));
    assertThat(References.users(fold, role)).isEmpty();
    put(binding, "{\"id\":\"b\",\"subject\":\"s\",\"roles\":[\"reader\"]}");
    assertThat(References.users(fold, role)).containsExactly("tenants/t/bindings/b");
    assertThat(References.users(fold, binding)).isEmpty();
  }

  @Test
  void aCycleOfRolesIsNamed() throws Exception {
    put(ObjectKey.tenant("t"), "{\"id\":\"t\",\"name\":\"t\"}");
    put(ObjectKey.parse("tenants/t/roles/a"), "{\"id\":\"a\",\"permissions\":[]}");
    put(
        ObjectKey.parse("tenants/t/roles/b"),
        "{\"id\":\"b\",\"permissions\":[],\"inherits\":[\"a\"]}");
    put(
        ObjectKey.parse("tenants/t/roles/c"),
        "{\"id\":\"c\",\"permissions\":[],\"inherits\":[\"b\"]}");
    assertThat(
            References.check(
                fold,
                ObjectKey.parse("tenants/t/roles/a"),
                read("{\"id\":\"a\",\"permissions\":[],\"inherits\":[\"c\"]}")))
        .containsExactly(new Violation("/inherits/0", "makes a cycle of roles: a → c → b → a"));
  }
}
