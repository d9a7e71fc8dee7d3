package dev.aegis.gateway.snapshot;

import dev.aegis.gateway.plugin.Door;
import dev.aegis.gateway.plugin.Link;
import dev.aegis.gateway.plugin.Links;
import dev.aegis.gateway.plugin.Phase;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.Kind;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.PluginDefinition;
import dev.aegis.plugin.Place;
import dev.aegis.plugins.Installed;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Puts together who is asked about new connections: the installation's plugins that are for the
 * whole installation alone. What is wrong with one of them is told, and refused, by the chains of
 * the tenants, where it has its place too.
 */
final class DoorCompiler {
  private static final Comparator<PluginDefinition> ORDER =
      Comparator.comparingInt(PluginDefinition::order).thenComparing(PluginDefinition::id);

  private DoorCompiler() {}

  static Door of(Fold fold, Links links, MasterKey masterKey) {
    List<PluginDefinition> there = new ArrayList<>();
    for (Entry entry : fold.list(Kind.PLUGIN, null)) {
      try {
        if (entry.definition() instanceof PluginDefinition plugin && plugin.enabled()) {
          there.add(plugin);
        }
      } catch (InvalidDefinition e) {
        // A finding already, of each tenant that it would hold in.
      }
    }
    there.sort(ORDER);
    Set<ObjectKey> used = new HashSet<>();
    List<Link> asked = new ArrayList<>();
    for (PluginDefinition plugin : there) {
      Installed installed = links.plugin(plugin.plugin());
      if (installed == null || installed.narrowest() != Place.INSTALLATION) {
        continue;
      }
      ObjectKey key = new ObjectKey(Kind.PLUGIN, null, plugin.id());
      Link link = links.link(key, Links.NOBODYS, plugin, masterKey).link();
      used.add(key);
      if (link.phases().contains(Phase.CONNECTION)) {
        asked.add(link);
      }
    }
    links.keepOnly(Links.NOBODYS, used);
    return Door.of(asked);
  }
}
