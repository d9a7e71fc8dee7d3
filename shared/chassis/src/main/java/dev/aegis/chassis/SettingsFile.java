package dev.aegis.chassis;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/** Reads a settings file: YAML whose nesting is the dots of the names. */
final class SettingsFile {
  private SettingsFile() {}

  static Map<Setting<?>, Settings.Given> read(
      Path file, SettingNames names, List<String> problems) {
    Map<Setting<?>, Settings.Given> given = new HashMap<>();
    ObjectMapper yaml =
        new ObjectMapper(
            YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build());
    try {
      JsonNode root = yaml.readTree(Files.readAllBytes(file));
      if (root.isObject()) {
        flatten(file, "", root, names, given, problems);
      } else if (!root.isMissingNode() && !root.isNull()) {
        problems.add(file + ": must hold names and values, such as \"gateway: {port: 8000}\"");
      }
    } catch (JsonProcessingException e) {
      // Not the parser's own text: it quotes the file, which may hold secrets.
      JsonLocation at = e.getLocation();
      problems.add(
          file
              + ": not YAML, or a name twice"
              + (at == null ? "" : ", at line " + at.getLineNr() + ", column " + at.getColumnNr()));
    } catch (NoSuchFileException e) {
      problems.add("--config: there is no file " + file);
    } catch (IOException e) {
      problems.add("--config: cannot read " + file + ": " + e.getMessage());
    }
    return given;
  }

  private static void flatten(
      Path file,
      String prefix,
      JsonNode node,
      SettingNames names,
      Map<Setting<?>, Settings.Given> given,
      List<String> problems) {
    for (Map.Entry<String, JsonNode> member : node.properties()) {
      String name = prefix + member.getKey();
      JsonNode value = member.getValue();
      Setting<?> setting = names.ofName(name);
      if (setting == null) {
        if (value.isObject() && !value.isEmpty()) {
          flatten(file, name + ".", value, names, given, problems);
        } else if (names.isUnknownName(name)) {
          problems.add(file + ": there is no " + name + names.near(name));
        }
      } else if (value.isObject()) {
        problems.add(file + ": " + name + ": must be a value");
      } else if (!value.isNull()) {
        given.put(setting, new Settings.Given(text(value), file + ": " + name));
      }
    }
  }

  private static String text(JsonNode value) {
    if (!value.isArray()) {
      return value.asText();
    }
    for (JsonNode element : value) {
      if (element.isContainerNode()) {
        return value.toString(); // for settings that take JSON
      }
    }
    StringJoiner joined = new StringJoiner(",");
    value.forEach(element -> joined.add(element.asText()));
    return joined.toString();
  }
}
