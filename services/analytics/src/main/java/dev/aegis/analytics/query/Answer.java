package dev.aegis.analytics.query;

import java.util.List;

/**
 * What is known in reply to a question.
 *
 * @param asked the question
 * @param series its series; without points for a {@link Question#TOP}
 * @param coverage how far it can be relied on
 */
public record Answer(Asked asked, List<Series> series, Coverage coverage) {
  public Answer {
    series = List.copyOf(series);
  }
}
