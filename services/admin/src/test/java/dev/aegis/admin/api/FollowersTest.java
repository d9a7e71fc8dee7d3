package dev.aegis.admin.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** How many may follow at once. */
final class FollowersTest {
  private final Followers followers = new Followers();

  private List<Followers.Place> fill(String tree) {
    List<Followers.Place> places = new ArrayList<>();
    try {
      while (places.size() < 100) {
        places.add(followers.take(tree));
      }
    } catch (RefusedCall e) {
      assertThat(e.why().reason().code()).isEqualTo("overloaded");
    }
    return places;
  }

  @Test
  void aTreeOfTenantsLeavesRoomForOthersAndAllTenantsForThePlatform() {
    assertThat(fill("a")).hasSize(4);
    int all = 4;
    for (String tree : List.of("b", "c", "d", "e", "f", "g", "h")) {
      all += fill(tree).size();
    }
    assertThat(all).isEqualTo(24);
    assertThat(fill(null)).hasSize(8);
  }

  @Test
  void aPlaceIsGivenBackOnce() {
    List<Followers.Place> places = fill("a");
    places.getFirst().close();
    places.getFirst().close();
    assertThat(fill("a")).hasSize(1);
  }

  @Test
  void allAreToldWhenItIsOver() throws InterruptedException {
    AtomicInteger told = new AtomicInteger();
    Followers.Place early = followers.take(null);
    early.tell(
        () -> {
          told.incrementAndGet();
          early.close();
        });
    Followers.Place late = followers.take(null);
    Thread closing = Thread.startVirtualThread(followers::close);
    await().until(this::over);
    late.tell(told::incrementAndGet);
    late.close();
    assertThatThrownBy(() -> followers.take("a")).isInstanceOf(RefusedCall.class);
    assertThat(closing.join(Duration.ofSeconds(5))).isTrue();
    assertThat(told).hasValue(2);
  }

  private boolean over() {
    try {
      followers.take(null).close();
      return false;
    } catch (RefusedCall e) {
      return true;
    }
  }
}
