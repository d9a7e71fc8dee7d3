package dev.aegis.gateway.snapshot;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.gateway.introspection.AskedIssuers;
import dev.aegis.gateway.introspection.Questions;
import dev.aegis.gateway.plugin.Links;
import dev.aegis.gateway.upstream.Upstreams;
import dev.aegis.journal.ApiKeySecret;
import dev.aegis.journal.Change;
import dev.aegis.journal.Fold;
import dev.aegis.journal.JournalRecord;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.Verdict;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A journal and what the gateway makes of it, without Kafka. */
public final class Configuration implements AutoCloseable {
  /** The shared key of each issuer that {@link #issuer} makes. */
  public static final String SECRET = "a shared key of more than thirty-two bytes";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Fold fold = new Fold();
  private final MasterKey masterKey = MasterKey.parse(MasterKey.newText());
  private final Upstreams upstreams = new Upstreams(null);
  private final Compiler compiler;
  private Snapshot snapshot = Snapshot.empty("test", Instant.EPOCH);
  private Instant now = Instant.EPOCH;

  /** One in which nobody asks issuers about tokens. */
  public Configuration() {
    compiler = new Compiler("test", upstreams, masterKey, InstantSource.fixed(Instant.EPOCH));
  }

  /** One in which {@code questions} asks issuers about tokens. */
  public Configuration(Questions questions) {
    compiler =
        new Compiler(
            "test",
            upstreams,
            masterKey,
            null,
            new AskedIssuers(questions),
            Links.builtIn(),
            true,
            InstantSource.fixed(Instant.EPOCH));
  }

  /** One of a gateway that has no Redis. */
  static Configuration withoutRedis() {
    return new Configuration(false);
  }

  private Configuration(boolean redis) {
    compiler =
        new Compiler(
            "test",
            upstreams,
            masterKey,
            null,
            null,
            Links.builtIn(),
            redis,
            InstantSource.fixed(Instant.EPOCH));
  }

  /** What changes from here on changes at {@code now}. */
  public Configuration at(Instant now) {
    this.now = now;
    return this;
  }

  /** Puts an object, and compiles what changed. */
  public Snapshot put(String key, Map<String, ?> definition) {
    return apply(key, JSON.convertValue(definition, ObjectNode.class));
  }

  /** Puts an object given as JSON with single quotes. */
  public Snapshot json(String key, String definition) {
    try {
      return apply(key, (ObjectNode) JSON.readTree(definition.replace('\'', '"')));
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  /** Deletes an object. */
  public Snapshot delete(String key) {
    return apply(key, null);
  }

  /** Takes a record as another version wrote it, with single quotes. */
  public Snapshot record(String record) {
    try {
      fold.apply(
          fold.revision() + 1,
          JournalRecord.parse(record.replace('\'', '"').getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    snapshot = compiler.compile(fold, Set.of(), false);
    return snapshot;
  }

  private Snapshot apply(String key, @Nullable ObjectNode definition) {
    ObjectKey parsed = ObjectKey.parse(key);
    Verdict verdict =
        fold.apply(fold.revision() + 1, new Change(parsed, definition, Change.ANY, "test", now));
    if (!(verdict instanceof Verdict.Applied)) {
      throw new AssertionError(verdict);
    }
    snapshot = compiler.compile(fold, Set.of(parsed), false);
    return snapshot;
  }

  /** A tenant with the issuer {@code https://idp}, an upstream, and a role that may do anything. */
  public Snapshot tenant(String id) {
    put("tenants/" + id, Map.of("id", id, "name", id));
    issuer(id);
    json("tenants/" + id + "/upstreams/u", "{'id':'u','targets':[{'url':'http://127.0.0.1:1'}]}");
    return json("tenants/" + id + "/roles/all", "{'id':'all','permissions':[{'paths':['/**']}]}");
  }

  /** The issuer of a tenant. */
  public Snapshot issuer(String tenant) {
    return issuer(tenant, "main", "https://idp", SECRET);
  }

  /** Another one. */
  public Snapshot issuer(String tenant, String id, String issuer, String secret) {
    ObjectKey key = ObjectKey.parse("tenants/" + tenant + "/issuers/" + id);
    return put(
        key.toString(),
        Map.of(
            "id",
            id,
            "issuer",
            issuer,
            "algorithms",
            List.of("HS256"),
            "secret",
            JSON.convertValue(masterKey.seal(key, secret).toJson(), Map.class)));
  }

  /** The issuer of a tenant that is asked about tokens. */
  public Snapshot askedIssuer(String tenant) {
    ObjectKey key = ObjectKey.parse("tenants/" + tenant + "/issuers/asked");
    return put(
        key.toString(),
        Map.of(
            "id",
            "asked",
            "issuer",
            "https://asked",
            "introspection",
            Map.of(
                "url",
                "https://asked/introspect",
                "client_id",
                "aegis",
                "client_secret",
                JSON.convertValue(masterKey.seal(key, SECRET).toJson(), Map.class))));
  }

  /**
   * A key that signs, of {@code svc-1}, with these texts; all but the first end at {@code ends}.
   */
  public Snapshot signingKey(String tenant, Instant ends, ApiKeySecret... texts) {
    ObjectKey key = ObjectKey.parse("tenants/" + tenant + "/api-keys/signs");
    ObjectNode document = JSON.createObjectNode();
    document.put("id", "signs").put("name", "signs").put("subject", "svc-1").put("signing", true);
    document.putArray("roles").add("all");
    ArrayNode shown = document.putArray("secrets");
    ArrayNode kept = document.putArray("hashes");
    for (ApiKeySecret text : texts) {
      ObjectNode one = shown.addObject().put("prefix", text.prefix());
      one.put("last_four", text.lastFour());
      one.put("expires_at", shown.size() == 1 ? null : ends.toString());
      kept.addObject()
          .put("sha256", text.hash().toString())
          .set("sealed", masterKey.seal(key, text.text()).toJson());
    }
    return apply(key.toString(), document);
  }

  /** What is in force. */
  public Snapshot snapshot() {
    return snapshot;
  }

  @Override
  public void close() {
    upstreams.close();
  }
}
