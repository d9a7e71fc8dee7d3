package dev.aegis.gateway.snapshot;

import dev.aegis.gateway.admission.Bindings;
import dev.aegis.gateway.identity.Asked;
import dev.aegis.gateway.identity.Introspector;
import dev.aegis.gateway.identity.Issuer;
import dev.aegis.gateway.identity.OpaqueIssuer;
import dev.aegis.gateway.identity.Tokens;
import dev.aegis.gateway.introspection.AskedIssuers;
import dev.aegis.journal.BindingDefinition;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Introspection;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.IssuerDefinition;
import dev.aegis.journal.Kind;
import dev.aegis.journal.Lineage;
import dev.aegis.journal.PublishedKeys;
import dev.aegis.journal.RoleDefinition;
import dev.aegis.journal.SealedSecret;
import dev.aegis.tokens.KeySet;
import dev.aegis.tokens.keys.RemoteKeys;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Compiles whom one tenant trusts and what its roles allow. What cannot be understood opens
 * nothing: it leaves a finding, and whoever it may have been about is refused.
 */
final class IdentityCompiler {
  private final Compiler compiler;
  private final Fold fold;
  private final String tenant;
  private final Lineage lineage;
  private final Readings readings;

  IdentityCompiler(
      Compiler compiler, Fold fold, String tenant, Lineage lineage, Readings readings) {
    this.compiler = compiler;
    this.fold = fold;
    this.tenant = tenant;
    this.lineage = lineage;
    this.readings = readings;
  }

  /**
   * The plan.
   *
   * @param known the one before, which stays when it came of the same objects: then tokens that
   *     were verified under it stay verified
   */
  IdentityPlan compile(@Nullable IdentityPlan known) {
    Map<String, Long> basis = new TreeMap<>();
    for (Kind kind : List.of(Kind.ISSUER, Kind.ROLE)) {
      for (Lineage.Holding holding : lineage.holdings(kind)) {
        basis.put(holding.entry().key() + " " + holding.use(), holding.entry().revision());
      }
    }
    for (Entry entry : fold.list(Kind.BINDING, tenant)) {
      basis.put(entry.key().toString(), entry.revision());
    }
    basis.put("ancestors " + lineage.ancestors() + " " + lineage.fault(), 0L);
    List<RoleDefinition> full = new ArrayList<>();
    List<RoleDefinition> denying = new ArrayList<>();
    Set<String> declared = new HashSet<>();
    for (Lineage.Holding holding : lineage.holdings(Kind.ROLE)) {
      RoleDefinition role =
          readings.definition(holding) instanceof RoleDefinition sound ? sound : closed(holding);
      switch (holding.use()) {
        case ALL -> full.add(role);
        case DENIALS -> denying.add(role);
        case NOTHING -> {
          // Such do not hold.
        }
      }
      if (holding.declared()) {
        declared.add(role.id());
      }
    }
    List<Issuer> issuers = new ArrayList<>();
    Map<Entry, IssuerDefinition> trusted = new LinkedHashMap<>();
    RemoteKeys remoteKeys = compiler.remoteKeys();
    Set<String> publishing = new HashSet<>();
    for (Lineage.Holding holding : lineage.holdings(Kind.ISSUER)) {
      Entry entry = holding.entry();
      if (readings.definition(holding) instanceof IssuerDefinition issuer) {
        PublishedKeys published = issuer.published();
        if (published != null) {
          trusted.put(entry, issuer);
        }
        if (published != null && remoteKeys != null) {
          KeySet keys =
              remoteKeys.put(tenant, entry.key().toString(), issuer.algorithms(), published);
          issuers.add(new Issuer(issuer, keys, String.valueOf(entry.key().tenant())));
          publishing.add(entry.key().toString());
          continue;
        }
        if (published != null) {
          readings.found(holding, "its tokens are refused: nobody fetches its keys");
          continue;
        }
        try {
          SealedSecret secret = issuer.secret();
          String opened = secret == null ? null : compiler.masterKey().open(entry.key(), secret);
          issuers.add(Issuer.compile(issuer, opened).of(String.valueOf(entry.key().tenant())));
          trusted.put(entry, issuer);
        } catch (IllegalArgumentException e) {
          readings.found(holding, "its tokens are refused: " + e.getMessage());
        }
      }
    }
    if (remoteKeys != null) {
      remoteKeys.keepOnly(tenant, publishing);
    }
    OpaqueIssuer opaque = opaque();
    inherited(full, denying);
    Bindings bindings = bindings(full, denying);
    Roles roles = new Roles(full, denying, lineage.fault() == null);
    Asked asked = new Asked(bindings.askForGroups(), roles.claims());
    return known != null && known.basis().equals(basis)
        ? known
        : new IdentityPlan(
            new Tokens(issuers, opaque, asked),
            roles,
            bindings,
            new LetIn(tenant, lineage.ancestors(), declared),
            basis,
            Scope.of(tenant, trusted, asked));
  }

  /**
   * The issuer that is asked about tokens which are no JWTs: of several the tenant's own before
   * those above it, the nearest first, then by id. A token is shown to that one and no other, also
   * when it cannot be asked.
   */
  private @Nullable OpaqueIssuer opaque() {
    List<String> nearest = new ArrayList<>(List.of(tenant));
    lineage.ancestors().forEach(ancestor -> nearest.add(ancestor.id()));
    List<Lineage.Holding> asked = new ArrayList<>();
    for (Lineage.Holding holding : lineage.holdings(Kind.ISSUER)) {
      if (holding.entry().body().hasNonNull("introspection")) {
        asked.add(holding);
      }
    }
    asked.sort(
        Comparator.<Lineage.Holding>comparingInt(
                holding -> nearest.indexOf(String.valueOf(holding.entry().key().tenant())))
            .thenComparing(holding -> holding.entry().key().id()));
    AskedIssuers askedIssuers = compiler.askedIssuers();
    OpaqueIssuer chosen = asked.isEmpty() ? null : opaque(asked.getFirst(), askedIssuers);
    if (askedIssuers != null) {
      askedIssuers.keepOnly(
          tenant, chosen == null ? Set.of() : Set.of(asked.getFirst().entry().key()));
    }
    for (Lineage.Holding other : asked.stream().skip(1).toList()) {
      if (other.own()) {
        readings.warning(
            other.entry(),
            "it is not asked about tokens: issuer \""
                + asked.getFirst().entry().key().id()
                + "\" is");
      }
    }
    return chosen;
  }

  /** Null when the issuer cannot be asked, for a reason that is told. */
  private @Nullable OpaqueIssuer opaque(
      Lineage.Holding holding, @Nullable AskedIssuers askedIssuers) {
    Entry entry = holding.entry();
    IssuerDefinition issuer;
    try {
      issuer = entry.definition() instanceof IssuerDefinition sound ? sound : null;
    } catch (InvalidDefinition e) {
      return null; // told with its keys
    }
    Introspection terms = issuer == null ? null : issuer.introspection();
    SealedSecret sealed = terms == null ? null : terms.clientSecret();
    if (issuer == null || terms == null || sealed == null) {
      return null;
    }
    if (askedIssuers == null) {
      readings.found(holding, "its opaque tokens are refused: nobody asks it");
      return null;
    }
    try {
      String secret = compiler.masterKey().open(entry.key(), sealed);
      Introspector introspector =
          askedIssuers.put(tenant, entry.key(), entry.revision(), terms, secret);
      return new OpaqueIssuer(issuer, introspector, String.valueOf(entry.key().tenant()));
    } catch (IllegalArgumentException e) {
      readings.found(holding, "its opaque tokens are refused: " + e.getMessage());
      return null;
    }
  }

  /**
   * What the tenant's bindings give, as far as there are such roles. Whom one is for that cannot be
   * understood gets a role, put to {@code roles}, that allows nothing: it might have been one that
   * denies.
   */
  private Bindings bindings(List<RoleDefinition> roles, List<RoleDefinition> denying) {
    Set<String> known = new HashSet<>();
    roles.forEach(role -> known.add(role.id()));
    denying.forEach(role -> known.add(role.id()));
    List<BindingDefinition> bindings = new ArrayList<>();
    for (Entry entry : fold.list(Kind.BINDING, tenant)) {
      if (readings.definition(entry) instanceof BindingDefinition binding) {
        for (String role : binding.roles()) {
          if (!known.contains(role)) {
            readings.warning(entry, "role \"" + role + "\" does not exist; it gives nothing");
          }
        }
        bindings.add(binding);
        continue;
      }
      String subject = entry.body().path("subject").textValue();
      String group = entry.body().path("group").textValue();
      String name = entry.key().toString(); // no role's id
      readings.error(entry, "whoever it is for is refused");
      roles.add(nothing(name));
      if (subject != null) {
        BindingDefinition.To to = new BindingDefinition.To.Subject(subject);
        bindings.add(new BindingDefinition(name, to, List.of(name)));
      }
      if (group != null) {
        BindingDefinition.To to = new BindingDefinition.To.Group(group);
        bindings.add(new BindingDefinition(name, to, List.of(name)));
      }
    }
    return new Bindings(bindings);
  }

  /** Warns where what the tenant's own roles inherit leads nowhere, or in a circle. */
  private void inherited(List<RoleDefinition> full, List<RoleDefinition> denying) {
    Map<String, RoleDefinition> known = new HashMap<>();
    full.forEach(role -> known.put(role.id(), role));
    denying.forEach(role -> known.putIfAbsent(role.id(), role));
    Map<String, RoleDefinition> circling = new HashMap<>(known);
    boolean fewer = true;
    while (fewer) {
      fewer =
          circling
              .values()
              .removeIf(role -> role.inherits().stream().noneMatch(circling::containsKey));
    }
    for (Entry entry : fold.list(Kind.ROLE, tenant)) {
      RoleDefinition role = known.get(entry.key().id());
      for (String id : role == null ? List.<String>of() : role.inherits()) {
        if (!known.containsKey(id)) {
          readings.warning(
              entry, "role \"" + id + "\" does not exist; nothing is inherited from it");
        } else if (circling.containsKey(id)) {
          readings.warning(entry, "what role \"" + id + "\" inherits leads in a circle");
        }
      }
    }
  }

  /** What stands for a role that cannot be understood: it might have denied anything. */
  private RoleDefinition closed(Lineage.Holding role) {
    readings.found(role, "whoever has this role is refused");
    return nothing(role.entry().key().id());
  }

  private static RoleDefinition nothing(String id) {
    return new RoleDefinition(
        id, List.of(new RoleDefinition.Permission(Set.of(), List.of("/**"), true)), List.of());
  }
}
