package dev.aegis.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A new project of a WebAssembly module that works, in AssemblyScript, with its test. */
final class WasmProject {
  private static final String TEMPLATES = "wasm/";

  private final PluginProject plugin;

  /**
   * @param name of the plugin
   * @param home folder of the installation
   * @throws CommandFailure if no plugin can be called that
   */
  WasmProject(String name, Path home) throws CommandFailure {
    this.plugin = new PluginProject(name, home);
  }

  /** Makes it in a folder of its name below {@code parent}, which must not be there yet. */
  Path make(Path parent) throws CommandFailure {
    Path folder = plugin.folder(parent);
    try {
      Path assembly = Files.createDirectories(folder.resolve("assembly"));
      Files.writeString(assembly.resolve("index.ts"), plugin.filled(TEMPLATES + "index.ts.txt"));
      for (String file : new String[] {"package.json", "test.mjs", "README.md"}) {
        Files.writeString(folder.resolve(file), plugin.filled(TEMPLATES + file + ".txt"));
      }
    } catch (IOException e) {
      throw new CommandFailure("cannot write " + folder + ": " + e.getMessage(), e);
    }
    return folder;
  }
}
