package dev.aegis.gateway.edge;

import dev.aegis.egress.Caller;
import dev.aegis.egress.EgressGuard;
import dev.aegis.egress.Network;
import dev.aegis.egress.SystemResolver;
import dev.aegis.gateway.introspection.AskedIssuers;
import dev.aegis.gateway.introspection.Questions;
import dev.aegis.tokens.keys.Documents;
import dev.aegis.tokens.keys.KeysFolder;
import dev.aegis.tokens.keys.RemoteKeys;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import javax.net.ssl.SSLSocketFactory;

/** Calls issuers as a gateway does whose operator allowed this machine. */
final class PublishedKeysPeer implements AutoCloseable {
  private final SystemResolver names = new SystemResolver();
  private final Caller outside =
      new Caller(
          names,
          new EgressGuard(Network.parseList("127.0.0.0/8")),
          (SSLSocketFactory) SSLSocketFactory.getDefault(),
          Duration.ofSeconds(2),
          Duration.ofSeconds(5));
  private final RemoteKeys keys;
  private final AskedIssuers askedIssuers =
      new AskedIssuers(
          (place, headers, form, limit) ->
              outside.ask(place, headers, form, Questions.MOST, limit));

  PublishedKeysPeer(Path folder) {
    keys =
        new RemoteKeys(
            place -> outside.fetch(place, Map.of(), Documents.MOST),
            new KeysFolder(folder),
            InstantSource.system());
  }

  RemoteKeys keys() {
    return keys;
  }

  AskedIssuers askedIssuers() {
    return askedIssuers;
  }

  @Override
  public void close() {
    keys.close();
    outside.close();
    names.close();
  }
}
