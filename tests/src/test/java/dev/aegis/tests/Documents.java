package dev.aegis.tests;

import dev.aegis.testkit.Repository;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The pages of the repository, taken apart. */
final class Documents {
  private static final Set<String> NOT_OURS = Set.of("target", "node_modules", ".git", ".peers");
  private static final Pattern BLOCK =
      Pattern.compile("^ *```(\\w+)\\n(.*?)^ *```$", Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]+)(?:#[^)]*)?\\)");

  private Documents() {}

  /** Every Markdown file. */
  static List<Path> pages() {
    try (Stream<Path> files = Files.walk(Repository.root(), 4)) {
      return files
          .filter(file -> file.toString().endsWith(".md") && isOurs(file))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The text of the page with this path below the root. */
  static String text(String path) {
    return text(Repository.root().resolve(path));
  }

  /** The text of a file. */
  static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the links of a page lead to, without those to other sites. */
  static List<Path> links(Path page) {
    List<Path> links = new ArrayList<>();
    Matcher link = LINK.matcher(text(page));
    while (link.find()) {
      String to = link.group(1);
      if (!to.startsWith("http://") && !to.startsWith("https://")) {
        links.add(page.resolveSibling(to).normalize());
      }
    }
    return links;
  }

  /** The fenced blocks in {@code language} of a page. */
  static List<String> blocks(Path page, String language) {
    List<String> blocks = new ArrayList<>();
    Matcher block = BLOCK.matcher(text(page));
    while (block.find()) {
      if (block.group(1).equals(language)) {
        blocks.add(block.group(2));
      }
    }
    return blocks;
  }

  /** Rows of the tables below the heading {@code section}, each with its cells; no head rows. */
  static List<List<String>> rows(String path, String section) {
    List<List<String>> rows = new ArrayList<>();
    boolean within = false;
    for (String line : text(path).lines().toList()) {
      if (line.startsWith("## ")) {
        within = line.equals("## " + section);
      } else if (within && line.startsWith("| `")) {
        rows.add(Stream.of(line.split("\\|")).skip(1).map(String::strip).toList());
      }
    }
    return rows;
  }

  private static boolean isOurs(Path file) {
    for (Path part : Repository.root().relativize(file)) {
      if (NOT_OURS.contains(part.toString())) {
        return false;
      }
    }
    return true;
  }
}
