package dev.aegis.cli;

import picocli.CommandLine.Model.OptionSpec;

/** The option {@code --tenant}, added to each command about what is within a tenant. */
final class TenantOption {
  static final String NAME = "--tenant";

  private TenantOption() {}

  static OptionSpec of(Noun noun) {
    return OptionSpec.builder(NAME, "-t")
        .type(String.class)
        .paramLabel("T")
        .description(
            noun.needsTenant() ? "Whose it is" : "Whose it is; without it, the whole platform's")
        .build();
  }
}
