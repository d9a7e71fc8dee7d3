package dev.aegis.gateway.snapshot;

import dev.aegis.journal.Definition;
import dev.aegis.journal.Entry;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.Lineage;
import dev.aegis.model.Finding;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the objects that one tenant goes by, and keeps what is wrong with them. */
final class Readings {
  private final ReadAhead ahead;
  private final List<Finding> findings = new ArrayList<>();

  Readings(ReadAhead ahead) {
    this.ahead = ahead;
  }

  /** What was found so far. */
  List<Finding> findings() {
    return findings;
  }

  void add(Finding finding) {
    findings.add(finding);
  }

  /** An error of the object with this name. */
  void error(Entry entry, String message) {
    add(Finding.error(entry.key().toString(), message));
  }

  void warning(Entry entry, String message) {
    add(Finding.warning(entry.key().toString(), message));
  }

  /** What is wrong with an ancestor's object is said where it is published, once. */
  void found(Lineage.Holding holding, String message) {
    if (holding.own()) {
      error(holding.entry(), message);
    }
  }

  /** The same for what a tenant holds; an ancestor's is no finding here. */
  @Nullable Definition definition(Lineage.Holding holding) {
    if (holding.own()) {
      return definition(holding.entry());
    }
    try {
      return ahead.definition(holding.entry());
    } catch (InvalidDefinition e) {
      return null;
    }
  }

  /** The definition, or null when it cannot be understood, which is then a finding. */
  @Nullable Definition definition(Entry entry) {
    try {
      return ahead.definition(entry);
    } catch (InvalidDefinition e) {
      error(entry, "it cannot be understood: " + e.getMessage());
      return null;
    }
  }
}
