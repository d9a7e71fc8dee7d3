package dev.aegis.gateway.admission;

import java.util.List;

/** Where limits are counted. */
public interface Counts {
  /**
   * Counts a request in one step against all limits that it has to keep. If one refuses that does
   * not only report, none counts it but those that count refused requests.
   *
   * @param claims one for each limit
   * @param epochMillis when
   * @param held gets the places that the request takes
   * @return for each claim what its limit alone says
   */
  List<Count> take(List<Claim> claims, long epochMillis, Places held);

  /** The same where no limit has places. */
  default List<Count> take(List<Claim> claims, long epochMillis) {
    return take(claims, epochMillis, new Places());
  }

  /**
   * Counts what requests turned out to cost beyond what was taken: refuses nothing, and what is
   * more than twice what may come at once is forgotten.
   *
   * @return what remains of each limit afterwards
   */
  List<Count> charge(List<Claim> claims, long epochMillis);

  /** What {@link #take} would say, with what remains before it; nothing is counted. */
  List<Count> peek(List<Claim> claims, long epochMillis);
}
