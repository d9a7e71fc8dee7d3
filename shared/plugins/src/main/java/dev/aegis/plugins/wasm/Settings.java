package dev.aegis.plugins.wasm;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * What all modules can be told.
 *
 * @param configuration a text as it is, else its JSON
 */
record Settings(JsonNode configuration, String rootId, int memoryMb, Bodies bodies, int holdBytes) {
  private static final int PAGES_OF_MB = 16;

  String text() {
    return configuration.isTextual() ? configuration.textValue() : configuration.toString();
  }

  int pages() {
    return memoryMb * PAGES_OF_MB;
  }
}
