package dev.aegis.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MasterKeyTest {
  private static final ObjectKey OWNER = ObjectKey.parse("tenants/acme/issuers/main");

  private final MasterKey key = MasterKey.parse(MasterKey.newText());

  @ParameterizedTest
  @ValueSource(
      strings = {"", "s", "a secret \u00e4\ud83d\ude00", "0123456789abcdef0123456789abcdef"})
  void whatIsSealedOpens(String secret) {
    SealedSecret sealed = key.seal(OWNER, secret);
    assertThat(key.open(OWNER, sealed)).isEqualTo(secret);
    assertThat(sealed.keyId()).isEqualTo(key.id());
  }

  @Test
  void theSameSecretNeverLooksTheSame() {
    assertThat(key.seal(OWNER, "secret")).isNotEqualTo(key.seal(OWNER, "secret"));
  }

  @Test
  void aChangedBitAnywhereIsNoticed() {
    byte[] whole = Base64.getDecoder().decode(key.seal(OWNER, "secret").ciphertext());
    for (int at = 0; at < whole.length; at++) {
      byte[] changed = whole.clone();
      changed[at] ^= 1;
      assertRefused(new SealedSecret(key.id(), Base64.getEncoder().encodeToString(changed)));
    }
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertRefused(new SealedSecret(key.id(), Base64.getEncoder().encodeToString(cut)));
    }
  }

  @Test
  void aSecretMovedToAnotherObjectDoesNotOpen() {
    SealedSecret sealed = key.seal(OWNER, "secret");
    for (String other : new String[] {"tenants/beta/issuers/main", "tenants/acme/webhooks/main"}) {
      assertThatThrownBy(() -> key.open(ObjectKey.parse(other), sealed))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(other);
    }
  }

  @Test
  void anotherKeyDoesNotOpenItAndSaysWhich() {
    MasterKey other = MasterKey.parse(MasterKey.newText());
    assertThatThrownBy(() -> other.open(OWNER, key.seal(OWNER, "secret")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(key.id())
        .hasMessageContaining(other.id());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "short", "not base64!", "AAAA"})
  void whatIsNotAKeyIsRefusedWithoutRepeatingIt(String text) {
    assertThatThrownBy(() -> MasterKey.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("The master key must be Base64 of 32 bytes");
  }

  @Test
  void serviceTokensDependOnKeyAndPurpose() {
    assertThat(key.serviceToken("a")).isEqualTo(key.serviceToken("a"));
    assertThat(key.serviceToken("a")).isNotEqualTo(key.serviceToken("b"));
    assertThat(key.serviceToken("a"))
        .isNotEqualTo(MasterKey.parse(MasterKey.newText()).serviceToken("a"));
  }

  private void assertRefused(SealedSecret sealed) {
    assertThatThrownBy(() -> key.open(OWNER, sealed)).isInstanceOf(IllegalArgumentException.class);
  }
}
