package dev.aegis.plugins.builtin;

import dev.aegis.plugin.BodyEdit;
import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Member;
import dev.aegis.plugin.Plugin;
import dev.aegis.plugin.Request;
import dev.aegis.plugin.Verdict;
import dev.aegis.plugins.builtin.WebhookSignatures.Claimed;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** Lets webhooks pass that who sent them has signed, and each of them once. */
public final class WebhookVerification implements Plugin<WebhookVerification.Config> {
  /** Fields of credentials, which only plugins that identify callers see. */
  private static final Set<String> UNSEEN =
      Set.of("authorization", "proxy-authorization", "x-api-key", "signature", "signature-input");

  private static final int MOST_SECRETS = 10;

  private final InstantSource clock;

  /** As {@link java.util.ServiceLoader} wants it. */
  public WebhookVerification() {
    this(InstantSource.system());
  }

  WebhookVerification(InstantSource clock) {
    this.clock = clock;
  }

  /** How senders sign. */
  public enum Scheme {
    /** Standard Webhooks 1.0, with symmetric keys ({@code v1}). */
    STANDARD_WEBHOOKS,
    /** {@code X-Hub-Signature-256}. */
    GITHUB,
    /** {@code Stripe-Signature}, {@code v1} alone. */
    STRIPE,
    /** A field of its own name with a MAC of the body. */
    HMAC
  }

  /** What the MAC of {@link Scheme#HMAC} is made with. */
  public enum Algorithm {
    /** HMAC-SHA256. */
    SHA256("HmacSHA256", 32),
    /** HMAC-SHA512. */
    SHA512("HmacSHA512", 64);

    final String mac;
    final int bytes;

    Algorithm(String mac, int bytes) {
      this.mac = mac;
      this.bytes = bytes;
    }
  }

  /** How the MAC of {@link Scheme#HMAC} is written. */
  public enum Encoding {
    /** In hexadecimal, in any case. */
    HEX,
    /** In Base64. */
    BASE64
  }

  /** Whose webhooks pass, and how they are signed. */
  public record Config(
      @Member("How senders sign.") Scheme scheme,
      @Member(
              value =
                  "What the sender signs with; with several of them one is enough, so that it can"
                      + " be replaced.",
              secret = true)
          List<String> secrets,
      @Member(
              value =
                  "How many seconds the time that was signed may lie before or after the gateway's,"
                      + " for standard_webhooks and stripe.",
              otherwise = "300",
              least = 1,
              most = 3_600)
          int toleranceSeconds,
      @Member(
              value =
                  "Whether the same request may come again within that time, for standard_webhooks"
                      + " and stripe.",
              otherwise = "false")
          boolean replays,
      @Member(value = "Name of the header field, for hmac.", otherwise = "\"\"") String header,
      @Member(value = "What the MAC is made with, for hmac.", otherwise = "sha256")
          Algorithm algorithm,
      @Member(value = "How the MAC is written, for hmac.", otherwise = "hex") Encoding encoding,
      @Member(value = "What stands before the MAC, for hmac.", otherwise = "\"\"") String prefix,
      @Member(
              value = "Longest body in bytes.",
              otherwise = "1048576",
              least = 1,
              most = 16 * 1024 * 1024)
          int maxBytes) {
    public Config {
      if (secrets.isEmpty() || secrets.size() > MOST_SECRETS) {
        throw new IllegalArgumentException("secrets must be 1 to " + MOST_SECRETS);
      }
      if (scheme != Scheme.HMAC && !(header.isEmpty() && prefix.isEmpty())) {
        throw new IllegalArgumentException("header and prefix are for hmac alone");
      }
      if (scheme == Scheme.HMAC
          && (header.isEmpty()
              || !header
                  .chars()
                  .allMatch(c -> c == '-' || c < 0x7f && Character.isLetterOrDigit(c)))) {
        throw new IllegalArgumentException("header must be the name of a header field");
      }
      if (UNSEEN.contains(header.toLowerCase(Locale.ROOT))) {
        throw new IllegalArgumentException("header is one that plugins do not see");
      }
      secrets.forEach(secret -> WebhookSignatures.key(scheme, secret));
    }
  }

  @Override
  public String name() {
    return "webhook_verification";
  }

  @Override
  public String description() {
    return "Lets webhooks pass that who sent them has signed, and each of them once.";
  }

  @Override
  public Class<Config> config() {
    return Config.class;
  }

  @Override
  public Filter configure(Config config) {
    String mac = config.scheme() == Scheme.HMAC ? config.algorithm().mac : Algorithm.SHA256.mac;
    List<SecretKeySpec> keys = new ArrayList<>();
    for (String secret : config.secrets()) {
      keys.add(new SecretKeySpec(WebhookSignatures.key(config.scheme(), secret), mac));
    }
    WebhookSignatures signatures =
        switch (config.scheme()) {
          case STANDARD_WEBHOOKS -> new WebhookSignatures.Standard();
          case GITHUB ->
              new WebhookSignatures.OfBody(
                  "x-hub-signature-256", "sha256=", Algorithm.SHA256, Encoding.HEX);
          case STRIPE -> new WebhookSignatures.Stripe();
          case HMAC ->
              new WebhookSignatures.OfBody(
                  config.header().toLowerCase(Locale.ROOT),
                  config.prefix(),
                  config.algorithm(),
                  config.encoding());
        };
    return new Verifying(
        signatures,
        keys,
        config.toleranceSeconds(),
        config.maxBytes(),
        config.replays() ? null : new SeenSignatures(),
        clock);
  }

  /** What the head says is judged first, so that nobody is waited for in vain. */
  private record Verifying(
      WebhookSignatures signatures,
      List<SecretKeySpec> keys,
      long tolerance,
      int holds,
      @Nullable SeenSignatures seen,
      InstantSource clock)
      implements Filter.Authorizing, Filter.EditingRequestBody {
    @Override
    public Verdict authorize(Request request) {
      return switch (signatures.read(request)) {
        case WebhookSignatures.Unusable(String why) -> refused(why);
        case Claimed claimed ->
            inTime(claimed) ? Verdict.PASS : refused("The webhook is out of time");
      };
    }

    @Override
    public BodyEdit editRequestBody(Request request) {
      return new Body(this, signatures.read(request));
    }

    private boolean inTime(Claimed claimed) {
      long distance = clock.instant().getEpochSecond() - claimed.time();
      return !claimed.timed() || -tolerance <= distance && distance <= tolerance;
    }

    private Verdict judged(Claimed claimed, List<Mac> macs) {
      boolean matches = false;
      byte[] first = null; // the same of one webhook, whichever signatures it comes with
      for (Mac mac : macs) {
        byte[] right = mac.doFinal();
        first = first == null ? right : first;
        for (byte[] given : claimed.signatures()) {
          matches |= MessageDigest.isEqual(right, given);
        }
      }
      if (!matches || first == null) {
        return refused("The webhook's signature does not match");
      }
      if (!inTime(claimed)) {
        return refused("The webhook is out of time"); // its body came slowly
      }
      if (seen != null && claimed.timed()) {
        long now = clock.instant().getEpochSecond();
        if (!seen.first(first, claimed.time() + tolerance, now)) {
          return refused("The webhook came before");
        }
      }
      return Verdict.PASS;
    }

    private static Verdict refused(String why) {
      return new Verdict.Refuse(401, why);
    }
  }

  /** The exact bytes that came, under one MAC for each secret. */
  private static final class Body implements BodyEdit {
    private final Verifying by;
    private final WebhookSignatures.Reading reading;
    private final List<Mac> macs = new ArrayList<>();

    Body(Verifying by, WebhookSignatures.Reading reading) {
      this.by = by;
      this.reading = reading;
      if (reading instanceof Claimed claimed) {
        for (SecretKeySpec key : by.keys()) {
          Mac mac = mac(key);
          mac.update(claimed.before().getBytes(StandardCharsets.ISO_8859_1));
          macs.add(mac);
        }
      }
    }

    private static Mac mac(SecretKeySpec key) {
      try {
        Mac mac = Mac.getInstance(key.getAlgorithm());
        mac.init(key);
        return mac;
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("HMAC with SHA-2 is part of every JDK", e);
      }
    }

    @Override
    public void piece(byte[] bytes, Out out) {
      macs.forEach(mac -> mac.update(bytes));
      out.add(bytes);
    }

    @Override
    public Verdict end(Out out) {
      return switch (reading) {
        case WebhookSignatures.Unusable(String why) -> Verifying.refused(why);
        case Claimed claimed -> by.judged(claimed, macs);
      };
    }
  }
}
