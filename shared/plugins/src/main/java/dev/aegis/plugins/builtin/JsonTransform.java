package dev.aegis.plugins.builtin;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.plugin.BodyEdit;
import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Member;
import dev.aegis.plugin.Plugin;
import dev.aegis.plugin.Reply;
import dev.aegis.plugin.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Changes the members of JSON bodies. */
public final class JsonTransform implements Plugin<JsonTransform.Config> {
  /** As {@link java.util.ServiceLoader} wants it. */
  public JsonTransform() {}

  /** Whose body is changed. */
  public enum Body {
    /** That of requests. */
    REQUEST,
    /** That of replies. */
    RESPONSE
  }

  /** What is changed; members are named by JSON Pointers (RFC 6901). */
  public record Config(
      @Member("Whose body is changed.") Body body,
      @Member("Members that go.") List<String> remove,
      @Member("Members that get another name, which is not a pointer.") Map<String, String> rename,
      @Member("Members that get a value: JSON, or a text as it is.") Map<String, String> set,
      @Member(
              value = "Longest body in bytes.",
              otherwise = "1048576",
              least = 2,
              most = 16 * 1024 * 1024)
          int maxBytes) {
    public Config {
      if (remove.isEmpty() && rename.isEmpty() && set.isEmpty()) {
        throw new IllegalArgumentException("must have something to remove, rename or set");
      }
      remove.forEach(JsonTransform::member);
      rename.keySet().forEach(JsonTransform::member);
      set.keySet().forEach(JsonTransform::member);
    }
  }

  @Override
  public String name() {
    return "json_transform";
  }

  @Override
  public String description() {
    return "Changes the members of JSON bodies.";
  }

  @Override
  public Class<Config> config() {
    return Config.class;
  }

  @Override
  public Filter configure(Config config) {
    List<Step> steps = new ArrayList<>();
    config.remove().forEach(at -> steps.add(new Step.Remove(member(at))));
    config.rename().forEach((at, name) -> steps.add(new Step.Rename(member(at), name)));
    config.set().forEach((at, value) -> steps.add(new Step.Set(member(at), JsonBody.value(value))));
    return switch (config.body()) {
      case REQUEST -> new OfRequests(steps, config.maxBytes());
      case RESPONSE -> new OfReplies(steps, config.maxBytes());
    };
  }

  private static JsonPointer member(String text) {
    JsonPointer pointer = JsonPointer.compile(text);
    if (pointer.matches()) {
      throw new IllegalArgumentException("\"\" is the whole body, and no member of it");
    }
    return pointer;
  }

  /** One change of a whole body. Where a member is not there, nothing is done. */
  private sealed interface Step {
    void on(JsonNode body);

    record Remove(JsonPointer at) implements Step {
      @Override
      public void on(JsonNode body) {
        switch (body.at(at.head())) {
          case ObjectNode object -> object.remove(at.last().getMatchingProperty());
          case ArrayNode array when at.last().mayMatchElement() ->
              array.remove(at.last().getMatchingIndex());
          default -> {
            // There is nothing that could have it.
          }
        }
      }
    }

    record Rename(JsonPointer at, String name) implements Step {
      @Override
      public void on(JsonNode body) {
        if (body.at(at.head()) instanceof ObjectNode object) {
          JsonNode value = object.remove(at.last().getMatchingProperty());
          if (value != null) {
            object.set(name, value);
          }
        }
      }
    }

    record Set(JsonPointer at, JsonNode value) implements Step {
      @Override
      public void on(JsonNode body) {
        switch (body.at(at.head())) {
          case ObjectNode object -> object.set(at.last().getMatchingProperty(), value);
          case ArrayNode array when array.has(at.last().getMatchingIndex()) ->
              array.set(at.last().getMatchingIndex(), value);
          default -> {
            // There is nothing that could have it.
          }
        }
      }
    }
  }

  private static JsonNode changed(JsonNode body, List<Step> steps) {
    steps.forEach(step -> step.on(body));
    return body;
  }

  private record OfRequests(List<Step> steps, int holds) implements Filter.EditingRequestBody {
    @Override
    public BodyEdit editRequestBody(Request request) {
      return JsonBody.announced(request.header("Content-Type"))
          ? JsonBody.ofRequest(request, body -> changed(body, steps))
          : BodyEdit.None.NONE;
    }
  }

  private record OfReplies(List<Step> steps, int most) implements Filter.EditingReplyBody {
    @Override
    public BodyEdit editReplyBody(Request request, Reply reply) {
      return JsonBody.announced(reply.header("Content-Type"))
          ? JsonBody.ofReply(reply, most, body -> changed(body, steps))
          : BodyEdit.None.NONE;
    }
  }
}
