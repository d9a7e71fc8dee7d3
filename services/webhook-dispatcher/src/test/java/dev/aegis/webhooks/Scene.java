package dev.aegis.webhooks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.bus.BusSettings;
import dev.aegis.bus.EventPublisher;
import dev.aegis.bus.JournalWriter;
import dev.aegis.bus.OutgoingEvent;
import dev.aegis.bus.Topics;
import dev.aegis.chassis.CommonSettings;
import dev.aegis.chassis.Quantities;
import dev.aegis.chassis.Settings;
import dev.aegis.egress.Network;
import dev.aegis.events.RateLimitExceeded;
import dev.aegis.events.TenantEvent;
import dev.aegis.journal.Change;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.KafkaPeer;
import dev.aegis.webhooks.settings.WebhooksSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the dispatcher lives among: Kafka, a configuration, and a gateway's events. */
final class Scene implements AutoCloseable {
  static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

  final KafkaPeer kafka = KafkaPeer.start();
  final String masterKeyText =
      Base64.getEncoder()
          .encodeToString("0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.US_ASCII));
  final MasterKey masterKey = MasterKey.parse(masterKeyText);
  private final BusSettings bus = new BusSettings(kafka.bootstrap(), "test");
  private final JournalWriter journal;
  private final EventPublisher publisher;
  private final Path folder;

  Scene(Path folder) throws Exception {
    this.folder = folder;
    Topics.ensure(bus);
    this.journal = new JournalWriter(bus);
    this.publisher = new EventPublisher(bus, folder.resolve("spool"), 1 << 20, "/aegis/test");
  }

  /** Settings of a dispatcher with short waits that may call loopback. */
  Settings settings(String delays) {
    return Settings.defaults(WebhooksSettings.ALL)
        .with(CommonSettings.DATA, folder.resolve("data"))
        .with(CommonSettings.KAFKA_BOOTSTRAP, Optional.of(kafka.bootstrap()))
        .with(CommonSettings.MASTER_KEY, Optional.of(masterKeyText))
        .with(WebhooksSettings.PORT, 0)
        .with(WebhooksSettings.RETRY_DELAYS, durations(delays))
        .with(WebhooksSettings.ALLOWED_NETWORKS, Network.parseList("127.0.0.0/8"));
  }

  /** The same for a process of its own. */
  Map<String, String> environment(int port, String delays) {
    return Map.of(
        "AEGIS_DATA",
        folder.resolve("data").toString(),
        "AEGIS_KAFKA_BOOTSTRAP",
        kafka.bootstrap(),
        "AEGIS_MASTER_KEY",
        masterKeyText,
        "AEGIS_WEBHOOKS_PORT",
        Integer.toString(port),
        "AEGIS_WEBHOOKS_RETRY_DELAYS",
        delays,
        "AEGIS_WEBHOOKS_ALLOWED_NETWORKS",
        "127.0.0.0/8");
  }

  private static List<Duration> durations(String delays) {
    List<Duration> durations = new ArrayList<>();
    for (String one : delays.split(",")) {
      durations.add(Quantities.duration(one));
    }
    return durations;
  }

  void tenant(String id) throws Exception {
    put(ObjectKey.tenant(id), Json.object().put("id", id).put("name", id));
  }

  void endpoint(String tenant, String id, String url) throws Exception {
    ObjectKey key = new ObjectKey(Kind.WEBHOOK, tenant, id);
    ObjectNode definition = Json.object().put("id", id).put("url", url);
    definition.putArray("events").add("rate_limit.exceeded");
    definition.set("secret", masterKey.seal(key, SECRET).toJson());
    put(key, definition);
  }

  void delete(String tenant, String id) throws Exception {
    journal.append(
        new Change(
            new ObjectKey(Kind.WEBHOOK, tenant, id), null, Change.ANY, "test", Instant.now()));
  }

  private void put(ObjectKey key, ObjectNode definition) throws Exception {
    journal.append(new Change(key, definition, Change.ANY, "test", Instant.now()));
  }

  /** Publishes that a limit refused requests of a tenant. */
  void limited(String tenant, long count) {
    Instant now = Instant.now();
    TenantEvent event =
        new RateLimitExceeded(
                "orders", "limit-all", "rate_limited", "user-1", "r-1", null, count, now, now)
            .of(tenant);
    publish(tenant, event.wireType(), event.toJson());
  }

  /** The same of a request that belongs to a trace. */
  void limitedWithin(String traceparent, String tenant) {
    Instant now = Instant.now();
    TenantEvent event =
        new RateLimitExceeded(
                "orders", "limit-all", "rate_limited", "user-1", "r-1", null, 1, now, now)
            .of(tenant);
    publisher.publish(
        new OutgoingEvent(
            Topics.EVENTS,
            tenant,
            event.wireType(),
            tenant,
            now.toEpochMilli(),
            event.toJson(),
            traceparent));
  }

  void publish(String tenant, String wireType, byte[] data) {
    publisher.publish(
        new OutgoingEvent(
            Topics.EVENTS, tenant, wireType, tenant, System.currentTimeMillis(), data));
  }

  /** Asks the dispatcher's API. */
  HttpMessage ask(int port, String method, String path, String body) throws IOException {
    return HttpProbe.once(
        port,
        method
            + " "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer "
            + masterKey.serviceToken("webhooks-api")
            + "\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body);
  }

  JsonNode deliveries(int port, String tenant, String id) throws IOException {
    HttpMessage answer = ask(port, "GET", "/webhooks/" + tenant + "/" + id + "/deliveries", "");
    return Json.readObject(answer.body()).path("items");
  }

  @Override
  public void close() {
    publisher.close();
    journal.close();
    kafka.close();
  }
}
