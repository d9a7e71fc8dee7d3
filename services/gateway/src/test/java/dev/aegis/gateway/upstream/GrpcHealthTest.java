package dev.aegis.gateway.upstream;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.http1.BadMessage;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The messages of gRPC's health service, beside those that protobuf makes of them. */
final class GrpcHealthTest {
  private static ByteBuffer framed(byte[] message) {
    return ByteBuffer.allocate(5 + message.length)
        .put((byte) 0)
        .putInt(message.length)
        .put(message)
        .flip();
  }

  private static boolean serving(ByteBuffer reply) {
    try {
      return GrpcHealth.serving(reply);
    } catch (BadMessage e) {
      return false;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "shop.Orders", "gr\u00fc\u00df", "\ud83d\ude00"})
  void writesRequestsAsProtobufDoes(String service) {
    assertRequest(service);
  }

  @Test
  void writesLongNames() {
    for (int length : new int[] {127, 128, 255}) {
      assertRequest("x".repeat(length));
      assertRequest("\u20ac".repeat(length));
    }
  }

  private static void assertRequest(String service) {
    byte[] expected = HealthCheckRequest.newBuilder().setService(service).build().toByteArray();
    assertThat(GrpcHealth.request(service)).isEqualTo(framed(expected).array());
  }

  @ParameterizedTest
  @EnumSource(value = ServingStatus.class, mode = EnumSource.Mode.EXCLUDE, names = "UNRECOGNIZED")
  void readsRepliesOfProtobuf(ServingStatus status) {
    byte[] message = HealthCheckResponse.newBuilder().setStatus(status).build().toByteArray();
    assertThat(serving(framed(message))).isEqualTo(status == ServingStatus.SERVING);
  }

  /** In hexadecimal; unknown fields before and behind, of every kind, and the field twice. */
  @ParameterizedTest
  @CsvSource({
    "0801, true",
    "08020801, true",
    "08010802, false",
    "1005 0801 1a03616263 21 0102030405060708 2d 01020304, true",
    "08818000, true",
    "1001, false",
    "0a0101, false",
    "08ffffffffffffffffff01, false",
    "08, false",
    "0881, false",
    "0801 08, false",
    "0801 1a05616263, false",
    "0801 1affffffff7f, false",
    "0801 1affffffffffffffffff01, false",
    "0801 21 01020304, false",
    "0801 2d 01, false",
    "0801 0b, false",
    "08ffffffffffffffffffffff01, false"
  })
  void readsWhatProtobufAllowsAndNothingElse(String message, boolean serving) {
    byte[] bytes = HexFormat.of().parseHex(message.replace(" ", ""));
    assertThat(serving(framed(bytes))).isEqualTo(serving);
  }

  @Test
  void takesOneWholeMessage() {
    byte[] good = framed(new byte[] {8, 1}).array();
    assertThat(serving(ByteBuffer.wrap(good))).isTrue();
    for (int length = 0; length < good.length; length++) {
      assertThat(serving(ByteBuffer.wrap(good, 0, length))).isFalse();
    }
    assertThat(serving(ByteBuffer.wrap(Arrays.copyOf(good, good.length + 1)))).isFalse();
    byte[] two = Arrays.copyOf(good, 2 * good.length);
    System.arraycopy(good, 0, two, good.length, good.length);
    assertThat(serving(ByteBuffer.wrap(two))).isFalse();
    good[0] = 1; // compressed, which nobody asked for
    assertThat(serving(ByteBuffer.wrap(good))).isFalse();
    good[0] = 0;
    good[1] = -1;
    assertThat(serving(ByteBuffer.wrap(good))).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "'grpc-status: 0;', true",
    "'x: y;grpc-status: 0;grpc-message: fine;', true",
    "'grpc-status: 5;', false",
    "'grpc-status: 00;', false",
    "'grpc-status: ;', false",
    "'grpc-status-details-bin: 0;', false",
    "'grpc-status: 0;grpc-status: 5;', false",
    "'grpc-status: 0;grpc-status: 0;', false",
    "'', false"
  })
  void wantsOneGoodStatus(String lines, boolean good) {
    byte[] trailer = lines.replace(";", "\r\n").getBytes(ISO_8859_1);
    assertThat(GrpcHealth.succeeded(trailer)).isEqualTo(good);
  }
}
