package dev.aegis.analytics.query;

import dev.aegis.analytics.rollup.Cell;
import java.util.List;

/**
 * What happened to the requests of one group over a range.
 *
 * @param group what they have in common
 * @param points one sum for each bucket of the range, in order, {@link Cell#EMPTY} where nothing
 *     happened
 * @param total the sum of the points
 */
public record Series(Group group, List<Cell> points, Cell total) {
  public Series {
    points = List.copyOf(points);
  }
}
