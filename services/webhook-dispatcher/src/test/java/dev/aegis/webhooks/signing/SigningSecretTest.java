package dev.aegis.webhooks.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SigningSecretTest {
  /** The vector of Standard Webhooks' reference libraries. */
  @Test
  void signsAsTheReferenceLibrariesDo() {
    SigningSecret secret = SigningSecret.parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");

    String signature =
        secret.sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330L,
            "{\"test\": 2432232314}".getBytes(StandardCharsets.UTF_8));

    assertThat(signature).isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "whsec_",
        "whsec_AAAA",
        "whsec_not base64",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
      })
  void refusesWhatIsNoSecretWithoutTellingIt(String text) {
    assertThatThrownBy(() -> SigningSecret.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .satisfies(
            e -> {
              if (text.length() > 6) {
                assertThat(e.getMessage()).doesNotContain(text);
              }
            });
  }

  @Test
  void doesNotTellItselfAsText() {
    assertThat(SigningSecret.parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").toString())
        .isEqualTo("SigningSecret[hidden]");
  }
}
