package dev.aegis.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Definition;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.Kind;
import dev.aegis.journal.TargetSource;
import dev.aegis.journal.UpstreamDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a change of an upstream's definition means for where its targets come from. */
final class UpstreamsTest {
  private final Asked followed = new Asked();
  private final Upstreams upstreams = new Upstreams(followed);

  @Test
  void goesOnFollowingWhenSomethingElseChanges() throws Exception {
    upstreams.put("t", read("{'id':'u','service':'s'}"));
    upstreams.put("t", read("{'id':'u','service':'s','max_active':7}"));
    upstreams.put("t", read("{'id':'u','service':'s','timeouts':{'idle_ms':1}}"));
    assertThat(followed.calls).containsExactly("follow s");
    assertThat(upstreams.all().getFirst().timeouts().idle().toMillis()).isEqualTo(1);
  }

  @Test
  void endsWhatItFollowedWhenThatChanges() throws Exception {
    upstreams.put("t", read("{'id':'u','service':'s'}"));
    upstreams.put("t", read("{'id':'u','service':'other'}"));
    upstreams.put("t", read("{'id':'u','targets':[{'url':'http://a'}]}"));
    assertThat(upstreams.all().getFirst().size()).isEqualTo(1);
    upstreams.put("t", read("{'id':'u','service':'s'}"));
    upstreams.keepOnly("t", Set.of());
    assertThat(followed.calls)
        .containsExactly(
            "follow s", "unfollow s", "follow other", "unfollow other", "follow s", "unfollow s");
  }

  private static UpstreamDefinition read(String json)
      throws JsonProcessingException, InvalidDefinition {
    ObjectNode body = (ObjectNode) new ObjectMapper().readTree(json.replace('\'', '"'));
    return (UpstreamDefinition) Definition.read(Kind.UPSTREAM, body);
  }

  /** A registry that only notes what is asked of it. */
  private static final class Asked implements Discovery<TargetSource.Consul> {
    private final List<String> calls = new ArrayList<>();

    @Override
    public void follow(TargetSource.Consul source, Upstream upstream) {
      calls.add("follow " + source.service());
    }

    @Override
    public void unfollow(TargetSource.Consul source, Upstream upstream) {
      calls.add("unfollow " + source.service());
    }

    @Override
    public void close() {
      calls.add("close");
    }
  }
}
