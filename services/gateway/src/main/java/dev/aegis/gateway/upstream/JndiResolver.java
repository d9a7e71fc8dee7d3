package dev.aegis.gateway.upstream;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import javax.naming.CommunicationException;
import javax.naming.Context;
import javax.naming.NameNotFoundException;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.directory.DirContext;
import javax.naming.directory.InitialDirContext;

/**
 * The JDK's own client of the domain name system, which is reached through JNDI. It asks over UDP,
 * and over TCP when a reply was cut off; it keeps nothing, and does not tell how long an answer is
 * good for.
 */
public final class JndiResolver implements Resolver {
  /** For a first reply; the second try waits twice as long. */
  private static final Duration TIMEOUT = Duration.ofSeconds(1);

  private final Properties environment = new Properties();

  /**
   * @param server that is asked, {@code host:port}; otherwise those that the system is set up with
   */
  public JndiResolver(Optional<String> server) {
    this(server, TIMEOUT);
  }

  JndiResolver(Optional<String> server, Duration timeout) {
    environment.setProperty(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.dns.DnsContextFactory");
    environment.setProperty(Context.PROVIDER_URL, "dns://" + server.orElse(""));
    environment.setProperty("com.sun.jndi.dns.timeout.initial", String.valueOf(timeout.toMillis()));
    environment.setProperty("com.sun.jndi.dns.timeout.retries", "2");
  }

  // JNDI is banned because some of its providers make objects of what a server sends. The one for
  // the domain name system, which the URL chooses, makes texts only, and follows no references.
  @SuppressWarnings("BanJNDI")
  @Override
  public List<String> ask(Question question) throws Unanswered {
    String type = question.type().name();
    try {
      DirContext context = new InitialDirContext(environment);
      try {
        List<String> records = new ArrayList<>();
        Attribute attribute = context.getAttributes(question.name(), new String[] {type}).get(type);
        if (attribute != null) {
          NamingEnumeration<?> values = attribute.getAll();
          while (values.hasMore()) {
            records.add(String.valueOf(values.next()));
          }
        }
        return List.copyOf(records);
      } finally {
        context.close();
      }
    } catch (NameNotFoundException e) {
      return List.of();
    } catch (NamingException e) {
      throw new Unanswered(
          "no answer for " + type + " of " + question.name() + ": " + e.getMessage(),
          e instanceof CommunicationException,
          e);
    }
  }
}
