package dev.aegis.gateway.admission;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The places that one request holds of limits of how many may be under way at once, until it ends.
 * Only the request's own thread uses it.
 */
public final class Places implements AutoCloseable {
  private @Nullable List<Place> held;

  /** A place, wherever it is counted. */
  public interface Place {
    /** Gives it back, once: it is another request's from now on. Never throws. */
    void giveBack();
  }

  /** Holds one more. */
  public void add(Place place) {
    List<Place> known = held;
    if (known == null) {
      known = new ArrayList<>(2);
      held = known;
    }
    known.add(place);
  }

  /** Gives all back that are held; what is given back already stays so. */
  @Override
  public void close() {
    List<Place> last = held;
    held = null;
    if (last != null) {
      last.forEach(Place::giveBack);
    }
  }
}
