package dev.aegis.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChangeTest {
  @Test
  void writtenChangesReadBackTheSame() throws Exception {
    for (Change change :
        new Change[] {
          Changes.put("tenants/acme", Change.ABSENT),
          Changes.put("plugins/p", Change.ANY),
          Changes.delete("tenants/acme/routes/r", 12),
        }) {
      assertThat(Change.parse(change.toJson())).isEqualTo(change);
    }
  }

  @Test
  void aChangeKeepsTheCallThatItCameBy() throws Exception {
    Change plain = Changes.put("tenants/acme", Change.ABSENT);
    Change change =
        new Change(
            plain.key(),
            plain.definition(),
            plain.expected(),
            plain.actor(),
            plain.at(),
            new Origin("192.0.2.1", "PUT", "/admin/tenants/acme", "id"));
    assertThat(Change.parse(change.toJson())).isEqualTo(change);
    assertThat(new Origin("a", "GET", "/".repeat(5_000), "i").path()).hasSize(1_024);
  }

  @Test
  void membersOfLaterVersionsAreIgnored() throws Exception {
    assertThat(
            parse(
                "{'key':'tenants/acme','op':'delete','expected':3,'actor':'test',"
                    + "'at':'2026-01-01T00:00:00Z','reason':'spring','more':{'a':[1]}}"))
        .isEqualTo(Changes.delete("tenants/acme", 3));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "{'key':'tenants/acme'} {}",
        "{'key':'tenants/acme','key':'tenants/b','op':'delete','expected':1,'at':'2026-01-01T00:00:00Z'}",
        "{'key':'nowhere','op':'delete','expected':1,'at':'2026-01-01T00:00:00Z'}",
        "{'key':'tenants/Acme','op':'delete','expected':1,'at':'2026-01-01T00:00:00Z'}",
        "{'key':'tenants/acme','op':'delete','at':'2026-01-01T00:00:00Z'}",
        "{'key':'tenants/acme','op':'delete','expected':'1','at':'2026-01-01T00:00:00Z'}",
        "{'key':'tenants/acme','op':'delete','expected':1.5,'at':'2026-01-01T00:00:00Z'}",
        "{'key':'tenants/acme','op':'delete','expected':1,'at':'yesterday'}",
        "{'key':'tenants/acme','op':'delete','expected':1,'at':'2026-01-01T00:00:00Z','definition':{}}",
        "{'key':'tenants/acme','op':'put','expected':1,'at':'2026-01-01T00:00:00Z'}",
        "{'key':'tenants/acme','op':'put','expected':1,'at':'2026-01-01T00:00:00Z','definition':[]}",
        "{'key':'tenants/acme','op':'rename','expected':1,'at':'2026-01-01T00:00:00Z','definition':{}}",
      })
  void whatIsNotAChangeIsNotTakenForOne(String text) {
    assertThatThrownBy(() -> parse(text)).isInstanceOf(IOException.class);
  }

  private static Change parse(String text) throws IOException {
    return Change.parse(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }
}
