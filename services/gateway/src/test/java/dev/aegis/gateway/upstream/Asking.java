package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.Body;
import dev.aegis.gateway.http1.Output;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A request as far as the choice of a target looks at it; nothing of it can be sent. */
record Asking(String address, @Nullable String subject, Map<String, String> fields)
    implements Outbound {
  static final Asking ANYONE = new Asking("127.0.0.1", null, Map.of());

  static Asking of(String subject) {
    return new Asking("127.0.0.1", subject, Map.of());
  }

  @Override
  public @Nullable String field(String name) {
    return fields.get(name);
  }

  @Override
  public String method() {
    return "GET";
  }

  @Override
  public void head(Output out) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Body body() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean expectsContinue() {
    return false;
  }

  @Override
  public boolean modernCaller() {
    return true;
  }

  @Override
  public Output caller() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void replyFields(Output out, boolean closes) {
    throw new UnsupportedOperationException();
  }
}
