package dev.aegis.gateway.plugin;

import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Identity;
import dev.aegis.plugin.Request;
import java.util.ArrayList;
import java.util.List;

/** What the plugins of a route say of who a caller is. */
public sealed interface Recognition {
  /** Somebody. */
  record Known(Identity.Known who) implements Recognition {}

  /**
   * Nobody that any of them knows.
   *
   * @param detail what the caller is told, {@code ""} for nothing
   * @param schemes how it could show who it is
   */
  record Unknown(String detail, List<String> schemes) implements Recognition {
    public Unknown {
      schemes = List.copyOf(schemes);
    }
  }

  /** One of them failed, or there is none: nobody can say. */
  record Failed() implements Recognition {}

  /** Asks one after the other, until one knows. None is passed over. */
  static Recognition of(Chain chain, LiveRequest request) {
    Link[] links = chain.taking(Phase.IDENTIFY);
    Views views = new Views(request.showingCredentials());
    List<String> schemes = new ArrayList<>();
    for (Link link : links) {
      try {
        Request seen = views.of(link);
        Answer answer =
            link.call(
                Phase.IDENTIFY,
                Filter.Identifying.class,
                filter -> new Answer(filter.identify(seen), filter.scheme()));
        if (!schemes.contains(answer.scheme)) {
          schemes.add(answer.scheme);
        }
        switch (answer.said) {
          case Identity.Known known -> {
            return new Known(known);
          }
          case Identity.Unknown(String detail) -> {
            return new Unknown(detail, schemes);
          }
          case Identity.Nobody nobody -> {}
        }
      } catch (PluginFailed e) {
        return new Failed();
      }
    }
    return links.length == 0 ? new Failed() : new Unknown("", schemes);
  }

  /** Of one of them. */
  record Answer(Identity said, String scheme) {
    public Answer {
      if (said == null || scheme.isEmpty() || !scheme.chars().allMatch(Answer::isOfToken)) {
        throw new IllegalArgumentException("it says nothing, or \"" + scheme + "\" is no scheme");
      }
    }

    /** RFC 9110 section 5.6.2, as far as schemes go. */
    private static boolean isOfToken(int c) {
      return c >= '0' && c <= '9' || (c | 0x20) >= 'a' && (c | 0x20) <= 'z' || c == '-';
    }
  }
}
