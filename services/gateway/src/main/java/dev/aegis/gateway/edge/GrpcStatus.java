package dev.aegis.gateway.edge;

import dev.aegis.gateway.http1.Output;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.pipeline.Refusal;
import java.nio.charset.StandardCharsets;

/**
 * Refusals as callers of gRPC want them: status 200 and no body, and in the head what gRPC itself
 * says of the call (gRPC over HTTP/2, "Trailers-Only").
 */
final class GrpcStatus {
  private static final String MEDIA_TYPE = "application/grpc";

  private GrpcStatus() {}

  /** Whether the request is a call of gRPC; gRPC-Web, which is another protocol, is not. */
  static boolean isAskedFor(RequestHead head) {
    String type = head.value("content-type");
    return type != null
        && type.startsWith(MEDIA_TYPE)
        && (type.length() == MEDIA_TYPE.length() || "+;".indexOf(type.charAt(16)) >= 0);
  }

  /** Puts the head of a refusal, but for what every refusal has. */
  static void refuse(Refusal why, String detail, Output out) {
    out.put("HTTP/1.1 200 OK");
    out.endLine();
    out.header("Content-Type", MEDIA_TYPE);
    out.header("Content-Length", "0");
    out.header("Grpc-Status", Integer.toString(code(why.status())));
    out.header("Grpc-Message", encoded(why.code() + ": " + detail));
  }

  /** The code of gRPC that comes closest to a status of HTTP. */
  private static int code(int status) {
    return switch (status) {
      case 400 -> 3; // INVALID_ARGUMENT
      case 401 -> 16; // UNAUTHENTICATED
      case 403 -> 7; // PERMISSION_DENIED
      case 404, 405 -> 12; // UNIMPLEMENTED
      case 408, 504 -> 4; // DEADLINE_EXCEEDED
      case 413, 414, 429, 431 -> 8; // RESOURCE_EXHAUSTED
      case 421, 502, 503 -> 14; // UNAVAILABLE
      case 500 -> 13; // INTERNAL
      default -> 2; // UNKNOWN
    };
  }

  /** Percent-encodes what gRPC does not allow in a message as it is. */
  private static String encoded(String text) {
    StringBuilder encoded = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      if (b >= ' ' && b <= '~' && b != '%') {
        encoded.append((char) b);
      } else {
        encoded.append('%').append(hex(b >> 4)).append(hex(b));
      }
    }
    return encoded.toString();
  }

  private static char hex(int half) {
    return "0123456789ABCDEF".charAt(half & 15);
  }
}
