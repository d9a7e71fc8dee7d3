package dev.aegis.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.util.Base64;
import java.util.Objects;

/** WebAssembly modules of proxy-wasm that tests run; their sources are in {@code src/main/wasm}. */
public enum WasmModule {
  /** Does what the first letter of its configuration says. */
  PROBE,
  /** The example of a public SDK, built by its own instructions: adds a line to each reply. */
  HELLO;

  /** Its binary. */
  public byte[] binary() throws IOException {
    String file = this == PROBE ? "probe.wasm" : "hello.wasm";
    try (InputStream in = Objects.requireNonNull(WasmModule.class.getResourceAsStream(file))) {
      return in.readAllBytes();
    }
  }

  /** Its binary in Base64. */
  public String text() throws IOException {
    return Base64.getEncoder().encodeToString(binary());
  }
}
