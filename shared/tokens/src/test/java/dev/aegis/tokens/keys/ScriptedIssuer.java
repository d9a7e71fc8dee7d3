package dev.aegis.tokens.keys;

import dev.aegis.egress.Fetched;
import dev.aegis.testkit.Jwts;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** Publishes what a test says, and keeps what it was asked for. */
final class ScriptedIssuer implements Documents {
  static final URI KEYS = URI.create("https://idp.test/keys");

  private final Map<URI, Fetched> documents = new ConcurrentHashMap<>();
  private final List<URI> asked = new CopyOnWriteArrayList<>();
  private volatile @Nullable CountDownLatch held;

  /** The set is these keys from now on. */
  ScriptedIssuer shows(Jwts.Key... keys) {
    return says(KEYS, Jwts.keySet(keys));
  }

  /** The document at {@code place} is this from now on. */
  ScriptedIssuer says(URI place, String document) {
    documents.put(
        place, new Fetched.Document(document.getBytes(StandardCharsets.UTF_8), "max-age=3600"));
    return this;
  }

  /** Nothing is answered from now on. */
  void fails() {
    documents.clear();
  }

  /** Whoever asks from now on waits for {@link #release}. */
  void hold() {
    held = new CountDownLatch(1);
  }

  void release() {
    CountDownLatch latch = held;
    held = null;
    if (latch != null) {
      latch.countDown();
    }
  }

  /** What it was asked for, in this order. */
  List<URI> asked() {
    return List.copyOf(asked);
  }

  @Override
  public Fetched fetch(URI place) throws InterruptedException {
    asked.add(place);
    CountDownLatch latch = held;
    if (latch != null) {
      latch.await();
    }
    Fetched document = documents.get(place);
    return document == null ? new Fetched.Missed("timeout") : document;
  }
}
