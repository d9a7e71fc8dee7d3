package dev.aegis.plugins.wasm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.aegis.testkit.WasmModule;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Binaries that are refused before anybody makes room for what they announce. */
final class OutlineTest {
  private static final String HEAD = "0061736d01000000";
  private static final String MEMORY = "0503010001";

  @ParameterizedTest
  @CsvSource({
    "'', it is no WebAssembly binary",
    "00617364, it is no WebAssembly binary",
    "504b0304140000000000000000, it is no WebAssembly binary",
    "0061736d02000000, it is no WebAssembly binary",
    HEAD + ", it has no memory",
    HEAD + "0504, cut off",
    HEAD + "05030103ff, kind not offered",
    HEAD + "0505010104ffff7f, cut off",
    HEAD + "0502ffffffff0f, cut off",
    HEAD + MEMORY + "0d0100, kind not offered",
    HEAD + MEMORY + "010401500060, types that are not offered",
    HEAD + MEMORY + "0106ffffffff0700, can be 4096 at most",
    HEAD + MEMORY + "02080103656e760178020001, no function",
    HEAD + MEMORY + "040701700080808008, too large",
    // Gigabytes of data, functions in a table, and locals, each announced in a few bytes.
    HEAD + MEMORY + "0b09010041000bffffff7f, cut off",
    HEAD + MEMORY + "090a010041000bffffffff07, can be 65536 at most",
    HEAD + MEMORY + "0a0901070180b0ea017f0b, too many locals",
    HEAD + MEMORY + "0a0a0108ffffffffffff0f0b, too large",
  })
  void saysWhatItRefuses(String hex, String why) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Outline.of(HexFormat.of().parseHex(hex)))
        .withMessageContaining(why);
  }

  @ParameterizedTest
  @EnumSource(WasmModule.class)
  void dropsWhatOnlyDebuggersRead(WasmModule module) throws Exception {
    byte[] binary = module.binary();
    Outline outline = Outline.of(binary);
    assertThat(outline.code().length).isBetween(1_000, binary.length);
    ByteArrayOutputStream more = new ByteArrayOutputStream();
    more.writeBytes(binary);
    more.writeBytes(HexFormat.of().parseHex("000904" + "6e616d65" + "ffffffff"));
    assertThat(Outline.of(more.toByteArray()).code()).isEqualTo(outline.code());
  }

  @Test
  void refusesOrRunsWhateverIsBroken() throws Exception {
    byte[] binary = WasmModule.PROBE.binary();
    Random random = new Random(7);
    for (int i = 0; i < 3_000; i++) {
      byte[] broken = Arrays.copyOf(binary, binary.length);
      for (int j = 0; j <= i % 4; j++) {
        broken[8 + random.nextInt(broken.length - 8)] = (byte) random.nextInt(256);
      }
      byte[] given = i % 5 == 0 ? Arrays.copyOf(broken, random.nextInt(broken.length)) : broken;
      assertThatCode(
              () -> {
                try {
                  Program _ = Program.of(given, 1_024);
                } catch (IllegalArgumentException e) {
                  assertThat(e).hasMessageNotContaining("\n");
                }
              })
          .doesNotThrowAnyException();
    }
  }
}
