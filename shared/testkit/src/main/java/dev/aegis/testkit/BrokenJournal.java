package dev.aegis.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * What no admin service would have written, put straight into the journal: each kind of object,
 * each way to be broken, and records that are no changes at all.
 *
 * <p>The objects are of the tenants {@code broken}, which must exist before, and {@code nobody},
 * which must not, of tenants of their own, and of the installation. Two of those tenants claim the
 * host {@code whole.test}, which should be somebody's.
 */
public final class BrokenJournal {
  private static final String TOPIC = "aegis.config";
  private static final String HUGE = "tenants/broken/upstreams/huge";

  private BrokenJournal() {}

  /** The definition of each broken object, by its key. */
  public static Map<String, String> objects() {
    Map<String, String> objects = new LinkedHashMap<>();
    try (InputStream in = BrokenJournal.class.getResourceAsStream("broken-objects.txt")) {
      if (in == null) {
        throw new IllegalStateException("broken-objects.txt is not on the class path");
      }
      for (String line : new String(in.readAllBytes(), UTF_8).split("\n")) {
        if (!line.startsWith("#")) {
          String[] parts = line.split(" ", 2);
          objects.put(parts[0], parts[1]);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Collections.unmodifiableMap(objects);
  }

  /** Writes all of it and says the offset of the last record. */
  public static long write(String bootstrap) throws InterruptedException {
    List<byte @Nullable []> records = new ArrayList<>();
    records.add(null);
    objects().forEach((key, definition) -> records.add(put(key, definition)));
    byte[] garbage = new byte[300];
    new Random(5).nextBytes(garbage);
    records.add(garbage);
    records.add(new byte[0]);
    records.add("{".repeat(10_000).getBytes(UTF_8));
    records.add("{\"key\":\"tenants/broken/dragons/a\",\"op\":\"put\"}".getBytes(UTF_8));
    records.add("{\"key\":7,\"op\":{},\"expected\":\"x\",\"at\":[]}".getBytes(UTF_8));
    records.add(put("//", "{}"));
    records.add(put(HUGE, "{\"id\":\"huge\",\"service\":\"" + "x".repeat(900_000) + "\"}"));
    return send(bootstrap, records);
  }

  /** Makes tenants sound, and deletes whatever else was broken; says the last offset. */
  public static long mend(String bootstrap) throws InterruptedException {
    List<byte @Nullable []> records = new ArrayList<>();
    records.add(delete(HUGE));
    for (String key : objects().keySet()) {
      String[] parts = key.split("/");
      records.add(
          parts.length == 2 && parts[0].equals("tenants")
              ? put(key, "{\"id\":\"" + parts[1] + "\",\"name\":\"Mended\"}")
              : delete(key));
    }
    return send(bootstrap, records);
  }

  private static byte[] put(String key, String definition) {
    return change(key, "\"op\":\"put\",\"definition\":" + definition);
  }

  private static byte[] delete(String key) {
    return change(key, "\"op\":\"delete\"");
  }

  private static byte[] change(String key, String what) {
    String text =
        "{\"key\":\"%s\",\"expected\":-2,\"actor\":\"somebody\",\"at\":\"%s\",%s}"
            .formatted(key, Instant.now(), what);
    return text.getBytes(UTF_8);
  }

  private static long send(String bootstrap, Collection<byte @Nullable []> records)
      throws InterruptedException {
    long last = -1;
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (byte[] each : records) {
        last = producer.send(new ProducerRecord<>(TOPIC, 0, null, each)).get().offset();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("the journal did not take a record", e);
    }
    return last;
  }
}
