package dev.aegis.plugins.wasm;

import dev.aegis.plugins.Owner;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** The metrics of one filter, by the numbers that its module knows them by. */
final class Counts {
  private static final int MOST = 64;
  private static final int MOST_NAME = 56; // and what is put behind it
  private static final int COUNTER = 0;
  private static final int HISTOGRAM = 2;

  private final Owner owner;
  private final List<Defined> all = new ArrayList<>();

  /**
   * A metric.
   *
   * @param cell its value, or the sum of what was recorded
   * @param times how often something was recorded, for histograms
   */
  private record Defined(String name, int type, AtomicLong cell, AtomicLong times) {}

  Counts(Owner owner) {
    this.owner = owner;
  }

  synchronized int define(int type, String given) {
    if (type < COUNTER || type > HISTOGRAM || given.isEmpty() || given.length() > MOST_NAME) {
      throw new Status.Fault(Status.BAD_ARGUMENT);
    }
    String name = plain(given);
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).name().equals(name)) {
        if (all.get(i).type() != type) {
          throw new Status.Fault(Status.BAD_ARGUMENT);
        }
        return i + 1;
      }
    }
    if (all.size() >= MOST) {
      throw new Status.Fault(Status.INTERNAL_FAILURE);
    }
    all.add(
        type == HISTOGRAM
            ? new Defined(name, type, cell(true, name + "_sum"), cell(true, name + "_count"))
            : new Defined(name, type, cell(type == COUNTER, name), new AtomicLong()));
    return all.size();
  }

  private AtomicLong cell(boolean counts, String name) {
    return owner.measures().cell(owner, counts, name);
  }

  private static String plain(String name) {
    StringBuilder plain = new StringBuilder(name.length());
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean kept = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
      plain.append(kept || c == '.' ? c : '_');
    }
    return plain.toString();
  }

  private synchronized Defined find(int id) {
    if (id < 1 || id > all.size()) {
      throw new Status.Fault(Status.NOT_FOUND);
    }
    return all.get(id - 1);
  }

  void increment(int id, long by) {
    Defined metric = find(id);
    if (metric.type() == HISTOGRAM || metric.type() == COUNTER && by < 0) {
      throw new Status.Fault(Status.BAD_ARGUMENT);
    }
    metric.cell().addAndGet(by);
  }

  void record(int id, long value) {
    Defined metric = find(id);
    if (metric.type() == HISTOGRAM && value >= 0) {
      metric.cell().addAndGet(value);
      metric.times().incrementAndGet();
    } else if (metric.type() != HISTOGRAM && metric.type() != COUNTER) {
      metric.cell().set(value);
    } else {
      throw new Status.Fault(Status.BAD_ARGUMENT);
    }
  }

  long value(int id) {
    Defined metric = find(id);
    if (metric.type() == HISTOGRAM) {
      throw new Status.Fault(Status.BAD_ARGUMENT);
    }
    return metric.cell().get();
  }
}
