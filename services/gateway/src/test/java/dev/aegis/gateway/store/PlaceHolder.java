package dev.aegis.gateway.store;

import dev.aegis.gateway.admission.Claim;
import dev.aegis.gateway.admission.Count;
import dev.aegis.gateway.admission.Places;
import dev.aegis.redis.RedisAccess;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** A process that takes places in Redis as a gateway does, and holds them until it is killed. */
final class PlaceHolder {
  private PlaceHolder() {}

  /** Takes the URL of Redis, the name of the limit, its number of places, and how many to take. */
  public static void main(String[] arguments) {
    RedisCounts counts =
        new RedisCounts(
            new RedisAccess(arguments[0]),
            "killed",
            Duration.ofSeconds(20),
            false,
            InstantSource.system());
    while (!counts.answers()) {
      Thread.onSpinWait();
    }
    Claim claim =
        new Claim(RedisPlacesTest.places(arguments[1], Long.parseLong(arguments[2])), "a", 1);
    Places held = new Places();
    for (int i = 0; i < Integer.parseInt(arguments[3]); i++) {
      List<Count> taken = counts.take(List.of(claim), 0, held);
      if (taken == null || !taken.getFirst().admitted()) {
        throw new IllegalStateException("no place");
      }
    }
    System.out.println("holding");
    while (true) {
      LockSupport.park();
    }
  }
}
