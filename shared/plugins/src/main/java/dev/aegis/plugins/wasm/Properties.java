package dev.aegis.plugins.wasm;

import dev.aegis.plugin.Ended;
import dev.aegis.plugin.Reply;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What a module can ask for by its path, whose words have zeros between them. */
final class Properties {
  private Properties() {}

  /** The value, as Envoy writes it: text as it is, numbers in eight bytes, the lowest first. */
  static byte @Nullable [] find(Vm vm, String path) {
    String name = path.endsWith("\0") ? path.substring(0, path.length() - 1) : path;
    byte[] ofObject =
        switch (name) {
          case "plugin_name" -> text(vm.realm().owner().object());
          case "plugin_root_id" -> text(vm.realm().terms().rootId());
          case "plugin_vm_id" -> text("");
          default -> null;
        };
    if (ofObject != null || !vm.serving()) {
      return ofObject;
    }
    Stream stream = vm.stream();
    byte[] own = stream.property(path);
    return own == null ? of(stream, name.replace('\0', '.')) : own;
  }

  private static byte @Nullable [] of(Stream stream, String name) {
    String requestHeaders = "request.headers.";
    String replyHeaders = "response.headers.";
    if (name.startsWith(requestHeaders)) {
      return header(stream.header(0), name.substring(requestHeaders.length()));
    } else if (name.startsWith(replyHeaders)) {
      return header(stream.header(2), name.substring(replyHeaders.length()));
    }
    Ended ended = stream.ended();
    return switch (name) {
      case "request.path" -> text(stream.path());
      case "request.url_path" -> text(stream.request().path());
      case "request.query" -> text(stream.request().query());
      case "request.method" -> text(stream.request().method());
      case "request.host" -> text(stream.request().host());
      case "request.scheme" -> text(stream.scheme());
      case "request.id" -> text(stream.request().id());
      case "source.address" -> text(stream.request().address());
      case "tenant" -> text(stream.request().tenant());
      case "route", "route_name", "xds.route_name" -> text(stream.request().route());
      case "subject" -> text(stream.request().subject());
      case "response.code" -> status(stream);
      case "response.code_details" -> ended == null ? null : text(ended.code());
      case "request.size", "request.total_size" -> ended == null ? null : number(ended.bytesIn());
      case "response.size", "response.total_size" ->
          ended == null ? null : number(ended.bytesOut());
      case "request.duration" -> ended == null ? null : number(ended.micros() * 1_000);
      case "upstream.address" -> ended == null ? null : text(ended.target());
      case "cluster_name", "xds.cluster_name" -> ended == null ? null : text(ended.upstream());
      default -> null;
    };
  }

  private static byte @Nullable [] status(Stream stream) {
    Ended ended = stream.ended();
    Reply reply = stream.reply();
    return ended != null ? number(ended.status()) : reply == null ? null : number(reply.status());
  }

  private static byte @Nullable [] header(@Nullable HeaderView header, String name) {
    return header == null ? null : text(header.first(name));
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] number(long number) {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(number).array();
  }
}
