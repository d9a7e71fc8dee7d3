package dev.aegis.plugins.builtin;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ref.WeakReference;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * OpenAPI documents that are in use, by what they say. A document is compiled once, however many
 * tenants there are below the one that has it: each of them has filters of its own. For any thread.
 */
final class OpenApiDocuments {
  private static final JsonMapper MAPPER = new JsonMapper();

  private final Map<Key, WeakReference<OpenApiDocument>> known = new HashMap<>();

  /** Kept from when a configuration is checked until a filter has it. */
  @SuppressWarnings("UnusedVariable") // so that the collector leaves it
  private @Nullable OpenApiDocument latest;

  private record Key(String digest, String basePath) {}

  /**
   * What {@link OpenApiReader#read} makes of a document, now or earlier.
   *
   * @throws IllegalArgumentException with up to ten places that are wrong
   */
  OpenApiDocument of(Map<String, Object> said, String basePath) {
    Key key = new Key(digest(said), basePath);
    OpenApiDocument document = find(key);
    if (document == null) {
      document = OpenApiReader.read(said, basePath); // others need not wait for it
      keep(key, document);
    }
    return document;
  }

  private synchronized @Nullable OpenApiDocument find(Key key) {
    WeakReference<OpenApiDocument> reference = known.get(key);
    OpenApiDocument document = reference == null ? null : reference.get();
    if (document != null) {
      latest = document;
    }
    return document;
  }

  private synchronized void keep(Key key, OpenApiDocument document) {
    known.values().removeIf(reference -> reference.refersTo(null));
    known.put(key, new WeakReference<>(document));
    latest = document;
  }

  private static String digest(Map<String, Object> said) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      MAPPER.writeValue(new DigestOutputStream(OutputStream.nullOutputStream(), digest), said);
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every JDK", e);
    } catch (IOException e) {
      throw new IllegalArgumentException("is nothing that can be written as JSON", e);
    }
  }
}
