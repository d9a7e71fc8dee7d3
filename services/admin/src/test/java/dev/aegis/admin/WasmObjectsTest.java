package dev.aegis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.AdminInstance.Answer;
import dev.aegis.journal.Json;
import dev.aegis.testkit.KafkaPeer;
import dev.aegis.testkit.WasmModule;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** WebAssembly modules as they are written: looked at before they are in the journal. */
final class WasmObjectsTest {
  private static final String AT = "/admin/tenants/t/plugins/w";
  private static final int MOST = 512 * 1024;

  private static String document(byte[] module) {
    ObjectNode document = Json.object().put("plugin", "wasm");
    document.putObject("config").put("module", Base64.getEncoder().encodeToString(module));
    return document.toString();
  }

  /** The same module with a section that nobody reads, so many bytes long in all. */
  private static byte[] padded(int length) throws IOException {
    byte[] binary = WasmModule.PROBE.binary();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(binary);
    int rest = length - binary.length - 4;
    out.write(0);
    out.write(rest & 0x7f | 0x80);
    out.write(rest >> 7 & 0x7f | 0x80);
    out.write(rest >> 14);
    out.writeBytes(new byte[rest]);
    return out.toByteArray();
  }

  @Test
  void modulesAreLookedAtWhenTheyAreWritten(@TempDir Path data) throws Exception {
    try (KafkaPeer kafka = KafkaPeer.start();
        AdminInstance admin = new AdminInstance(kafka.bootstrap(), data, "wasm")) {
      assertThat(admin.put("/admin/tenants/t", "{\"name\":\"T\"}").status()).isEqualTo(201);
      byte[] longest = padded(MOST);
      assertThat(longest).hasSize(MOST);
      Answer made = admin.put(AT, document(longest));
      assertThat(made.status()).as(made.text()).isEqualTo(201);
      assertThat(admin.put(AT, document(WasmModule.HELLO.binary())).status()).isEqualTo(200);
      refused(admin, padded(MOST + 1), "it has more than 524288 bytes");
      refused(admin, new byte[] {'P', 'K', 3, 4}, "it is no WebAssembly binary");
      refused(admin, HexFormat.of().parseHex("0061736d010000000503010001"), "no proxy_abi_version");
      String reachesOut = "0061736d01000000010401600000020b0103656e760366747000000503010001";
      refused(
          admin, HexFormat.of().parseHex(reachesOut), "it imports env.ftp, which is not offered");
      assertThat(admin.put(AT, document(new byte[0]).replace("\"\"", "\"?\"")).text())
          .contains("the module cannot be used");
    }
  }

  private static void refused(AdminInstance admin, byte[] module, String why) {
    Answer refused = admin.put(AT, document(module));
    assertThat(refused.status()).as(refused.text()).isEqualTo(422);
    assertThat(refused.text()).contains("\"/config\"", "the module cannot be used", why);
  }
}
