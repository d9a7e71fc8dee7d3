package dev.aegis.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.UsageMessageSpec;

/** What commands look like in use: the end of each {@code --help}. */
final class Examples {
  private Examples() {}

  /** Adds them to all commands below {@code root}. */
  static void addTo(CommandLine root) {
    for (Map.Entry<String, CommandLine> entry : root.getSubcommands().entrySet()) {
      String word = entry.getKey();
      CommandLine command = entry.getValue();
      if (command.getSubcommands().isEmpty()) {
        add(command, alone(word));
        continue;
      }
      List<String> first = new ArrayList<>();
      for (Map.Entry<String, CommandLine> below : command.getSubcommands().entrySet()) {
        List<String> lines = below(word, below.getKey());
        add(below.getValue(), lines);
        first.add(lines.getFirst());
      }
      add(command, first);
    }
  }

  private static void add(CommandLine command, List<String> lines) {
    UsageMessageSpec usage = command.getCommandSpec().usageMessage();
    List<String> footer = new ArrayList<>(List.of(usage.footer()));
    footer.add("");
    footer.add(lines.size() == 1 ? "Example:" : "Examples:");
    lines.forEach(line -> footer.add("  ./aegis " + line));
    usage.footer(footer.toArray(String[]::new));
  }

  private static List<String> alone(String word) {
    return switch (word) {
      case "status" -> List.of("status", "status --json", "status --context production");
      case "token" -> List.of("token --tenant demo-org-1 --subject user-1 --role reader --ttl 10m");
      case "logs" ->
          List.of(
              "logs --request-id 019f0c3e-7a52-7c1e-9d0b-3a8f5e6d7c8b",
              "logs --tenant acme --status 5xx",
              "logs --follow --json");
      case "login" ->
          List.of(
              "login https://admin.acme.test --name production",
              "login http://127.0.0.1:4567 --name here < .aegis/admin-token");
      case "completion" ->
          List.of("completion bash > ~/.local/share/bash-completion/completions/aegis");
      case "up" -> List.of("up", "up --no-demo --data /var/lib/aegis");
      default -> List.of(word);
    };
  }

  private static List<String> below(String noun, String verb) {
    return switch (noun) {
      case "context" ->
          List.of(
              switch (verb) {
                case "use" -> "context use production";
                case "delete" -> "context delete production";
                default -> "context " + verb;
              });
      case "analytics" ->
          List.of(
              "analytics export --tenant acme --from 2026-01-01 --to 2026-02-01",
              "analytics export --tenant acme --report usage --format json");
      case "config" -> ofDocument(verb);
      case "revision" ->
          switch (verb) {
            case "show" -> List.of("revision show 42");
            case "diff" -> List.of("revision diff 42", "revision diff 42 --to 57 --tenant acme");
            case "restore" ->
                List.of("revision restore 42 --dry-run", "revision restore 42 --tenant acme");
            default -> List.of("revision " + verb);
          };
      default -> ofObjects(noun, verb);
    };
  }

  private static List<String> ofDocument(String verb) {
    return switch (verb) {
      case "export" -> List.of("config export --yaml all.yaml", "config export --tenant acme");
      case "apply" ->
          List.of("config apply all.yaml --dry-run", "config apply all.yaml --prune --wait");
      default -> List.of("config " + verb + " all.yaml");
    };
  }

  private static List<String> ofObjects(String noun, String verb) {
    String tenant = noun.equals("tenant") || noun.equals("operator") ? "" : " --tenant acme";
    String id =
        switch (noun) {
          case "tenant" -> "acme";
          case "plugin" -> "limit-all";
          case "operator" -> "acme.ann";
          default -> "main";
        };
    String one = noun + " " + verb + " " + id + tenant;
    return switch (verb) {
      case "list" -> List.of(noun + " list" + tenant, noun + " list" + tenant + " --json");
      case "create" ->
          switch (noun) {
            case "tenant" ->
                List.of(one + " --host shop.acme.test", "tenant create -f acme.json --wait");
            case "operator" -> List.of(one + " --role tenant_admin --tenant acme");
            case "plugin" -> List.of("plugin create my_plugin", one + " -f plugin.json");
            case "key" -> List.of("key create --subject ci --role reader --tenant acme");
            default -> List.of(one + " -f " + noun + ".json", one + " -f - --dry-run");
          };
      case "install" -> List.of("plugin install target/my_plugin.jar");
      case "reload" -> List.of("plugin reload");
      case "update" ->
          List.of(one + " -f " + noun + ".json --wait", one + " --merge -f - --revision 42");
      default -> List.of(one);
    };
  }
}
