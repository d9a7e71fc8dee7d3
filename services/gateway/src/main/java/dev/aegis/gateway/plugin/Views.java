package dev.aegis.gateway.plugin;

import dev.aegis.plugin.Request;
import org.jspecify.annotations.Nullable;

/** A request as the links see it; copied once, and only for those who need that. */
final class Views {
  private final LiveRequest live;
  private @Nullable Request copy;

  Views(LiveRequest live) {
    this.live = live;
  }

  Request of(Link link) {
    if (!link.keeps()) {
      return live;
    }
    Request known = copy == null ? live.copied() : copy;
    copy = known;
    return known;
  }
}
