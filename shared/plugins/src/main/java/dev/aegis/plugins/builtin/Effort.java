package dev.aegis.plugins.builtin;

import com.networknt.schema.Error;
import com.networknt.schema.ExecutionContext;

/**
 * One look at a document by a schema, which ends when it has taken too much: a schema that branches
 * may take more steps than there is time for, and a thread of requests cannot be ended from
 * outside. Now and then others are let run.
 */
final class Effort extends ExecutionContext {
  private static final ScopedValue<Effort> CURRENT = ScopedValue.newInstance();
  private static final long LEAST = 50_000;
  private static final long BY_BYTE = 20;
  private static final long MOST = 1_000_000;
  private static final long TURN = 10_000;
  private static final int DEEPEST = 800;

  /** What an error costs, which is kept until the end. */
  private static final int ERROR = 20;

  private final long most;
  private long steps;
  private long turn = TURN;
  private int depth;

  /**
   * @param bytes of what is looked at: more of it may take longer, up to a bound
   */
  Effort(long bytes) {
    most = Math.min(MOST, LEAST + BY_BYTE * bytes);
  }

  /** Thrown when it has taken too much. */
  static final class Exhausted extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Exhausted() {
      super("takes too much effort", null, false, false);
    }
  }

  /** Does {@code look}, which may spend it. */
  void on(Runnable look) {
    try {
      ScopedValue.where(CURRENT, this).run(look);
    } catch (StackOverflowError e) {
      throw new Exhausted(); // the schema goes in circles, or nearly
    }
  }

  /** Counts work of the look that is under way on this thread. */
  static void spent(long steps) {
    CURRENT.get().spend(steps);
  }

  @SuppressWarnings("ThreadPriorityCheck") // nothing here is right because of it, only fairer
  private void spend(long more) {
    steps += more;
    if (steps > most) {
      throw new Exhausted();
    }
    if (steps > turn) {
      turn = steps + TURN;
      Thread.yield();
    }
  }

  @Override
  public void evaluationPathAddLast(String name) {
    enter();
    super.evaluationPathAddLast(name);
  }

  @Override
  public void evaluationPathAddLast(int index) {
    enter();
    super.evaluationPathAddLast(index);
  }

  @Override
  public void evaluationPathRemoveLast() {
    depth--;
    super.evaluationPathRemoveLast();
  }

  @Override
  public void addError(Error error) {
    spend(ERROR);
    super.addError(error);
  }

  private void enter() {
    spend(1);
    if (++depth > DEEPEST) {
      throw new Exhausted();
    }
  }
}
