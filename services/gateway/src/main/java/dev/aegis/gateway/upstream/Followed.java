package dev.aegis.gateway.upstream;

import dev.aegis.journal.UpstreamDefinition;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is known of one source of targets, and the upstreams that go by it. */
final class Followed {
  private final String key;
  private final TargetsFile file;
  // Guarded by this.
  private final Set<Upstream> upstreams = new HashSet<>();
  private @Nullable List<UpstreamDefinition.Target> targets;

  /**
   * Begins with what the file knows; {@link #end} must follow.
   *
   * @param key names the source in the file
   */
  Followed(String key, TargetsFile file) {
    this.key = key;
    this.file = file;
    file.used(key);
    this.targets = file.load(key);
  }

  synchronized void add(Upstream upstream) {
    upstreams.add(upstream);
    if (targets != null) {
      upstream.targets(targets);
    }
  }

  /** Returns whether nobody is left. From then on {@code upstream} hears nothing any more. */
  synchronized boolean remove(Upstream upstream) {
    upstreams.remove(upstream);
    return upstreams.isEmpty();
  }

  /** Nobody goes by it any more. */
  void end() {
    file.unused(key);
  }

  /** Whether there are targets that a wrong answer could take away. */
  synchronized boolean some() {
    return targets != null && !targets.isEmpty();
  }

  /** These are the targets now. Returns whether others were, or none were known. */
  synchronized boolean are(List<UpstreamDefinition.Target> newer) {
    if (newer.equals(targets)) {
      return false;
    }
    targets = newer;
    for (Upstream upstream : upstreams) {
      upstream.targets(newer);
    }
    file.save(key, newer);
    return true;
  }
}
