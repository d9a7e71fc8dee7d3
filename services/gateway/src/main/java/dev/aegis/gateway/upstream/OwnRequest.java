package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.Field;
import dev.aegis.gateway.http1.FieldNames;
import dev.aegis.gateway.http1.ResponseHead;
import dev.aegis.gateway.http1.Transformed;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A request that the gateway makes of its own, beside the caller's: no reply to it is passed on.
 */
public interface OwnRequest extends Outbound {
  @Override
  default boolean expectsContinue() {
    return false;
  }

  @Override
  default boolean takesTrailers() {
    return false;
  }

  @Override
  default Set<Field> replaced() {
    return Set.of(Field.X_REQUEST_ID);
  }

  @Override
  default FieldNames removed() {
    return FieldNames.NONE;
  }

  @Override
  default @Nullable Squeeze squeeze() {
    return null;
  }

  @Override
  default @Nullable Beyond beyond() {
    return null;
  }

  @Override
  default Transformed.@Nullable By edited(ResponseHead head) {
    return null;
  }

  @Override
  default boolean passing(ResponseHead head) {
    return true;
  }

  @Override
  default void replyFields(boolean closes, String protocol) {
    // Nobody reads them.
  }
}
