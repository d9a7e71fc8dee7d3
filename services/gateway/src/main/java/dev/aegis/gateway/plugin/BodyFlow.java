package dev.aegis.gateway.plugin;

import dev.aegis.gateway.http1.Transformed;
import dev.aegis.plugin.BodyEdit;
import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Verdict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One body on its way through the filters of a chain, one after the other. */
public final class BodyFlow implements Transformed.By {
  /** Most bytes of a body that are waited for as a whole, and that come out of one call. */
  private static final int MOST_BYTES = 16 * 1024 * 1024;

  private static final byte[] NOTHING = {};

  private final Phase phase;
  private final List<Stage> stages = new ArrayList<>();
  private int holds;
  private volatile Verdict.@Nullable Refuse refusal;

  /**
   * A filter at work on this body.
   *
   * @param edit what it made for it
   * @param holds most bytes that it waits for as a whole, 0 when it does not
   */
  record Stage(Link link, BodyEdit edit, int holds) {}

  BodyFlow(Phase phase) {
    this.phase = phase;
  }

  /** One more filter, behind the others. */
  void add(Stage stage) {
    if (!(stage.edit() instanceof BodyEdit.None)) {
      stages.add(stage);
      if (stage.holds() > 0) {
        holds = Math.min(stage.holds(), holds == 0 ? MOST_BYTES : holds);
      }
    }
  }

  /** Whether no filter wants the body. */
  public boolean idle() {
    return stages.isEmpty();
  }

  /** Most bytes of the body that are waited for as a whole, 0 when it passes as it comes. */
  public int holds() {
    return holds;
  }

  /** Which plugin's refusal has stopped it, null when none has. */
  public Verdict.@Nullable Refuse refusal() {
    return refusal;
  }

  /** Takes the body as a whole. A filter that fails, and may, is passed over. */
  public byte[] whole(byte[] body) throws Transformed.Stopped {
    byte[] goes = body;
    for (Stage stage : stages) {
      try {
        goes = judged(run(stage, goes, true));
      } catch (PluginFailed e) {
        if (!stage.link().terms().open()) {
          throw stopped(e);
        }
      }
    }
    return goes;
  }

  @Override
  public byte[] piece(byte[] bytes) throws Transformed.Stopped {
    return through(bytes, false);
  }

  @Override
  public byte[] end() throws Transformed.Stopped {
    return through(NOTHING, true);
  }

  private byte[] through(byte[] bytes, boolean last) throws Transformed.Stopped {
    byte[] goes = bytes;
    for (Stage stage : stages) {
      if (goes.length == 0 && !last) {
        break;
      }
      try {
        goes = judged(run(stage, goes, last));
      } catch (PluginFailed e) {
        throw stopped(e); // what goes on without it would be half a body
      }
    }
    return goes;
  }

  private byte[] judged(Came came) throws Transformed.Stopped {
    return switch (came.verdict) {
      case Verdict.Pass pass -> came.bytes;
      case Verdict.Refuse refuse -> {
        refusal = refuse;
        throw new Transformed.Stopped("a plugin refused the body");
      }
    };
  }

  private static Transformed.Stopped stopped(PluginFailed why) {
    return new Transformed.Stopped("a plugin failed on the body: " + why.why());
  }

  private Came run(Stage stage, byte[] bytes, boolean last) throws PluginFailed {
    BodyEdit edit = stage.edit();
    return stage
        .link()
        .call(
            phase,
            Filter.class,
            filter -> {
              Came came = new Came();
              if (bytes.length > 0) {
                edit.piece(bytes, came);
              }
              if (last) {
                came.verdict = edit.end(came);
              }
              return came;
            });
  }

  /** What came out of one call. */
  private static final class Came implements BodyEdit.Out {
    private byte[] bytes = NOTHING;
    private Verdict verdict = Verdict.PASS;

    @Override
    public void add(byte[] more) {
      if (more.length > MOST_BYTES - bytes.length) {
        throw new IllegalArgumentException("no more than " + MOST_BYTES + " bytes at a time");
      }
      if (bytes.length == 0) {
        bytes = more;
        return;
      }
      int before = bytes.length;
      bytes = Arrays.copyOf(bytes, before + more.length);
      System.arraycopy(more, 0, bytes, before, more.length);
    }
  }
}
