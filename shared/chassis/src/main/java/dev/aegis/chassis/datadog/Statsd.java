package dev.aegis.chassis.datadog;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.math.BigDecimal;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends points to an agent by DogStatsD: datagrams of lines, as {@code
 * aegis.requests.count:3|c|#tenant:acme}. What gets lost on the way nobody learns.
 */
final class Statsd {
  /** What goes through an Ethernet in one piece. */
  static final int MOST_BYTES = 1432;

  private static final Logger LOG = LoggerFactory.getLogger(Statsd.class);

  private final String host;
  private final int port;
  private final String common;
  private boolean failing;

  /**
   * @param common tags of every point
   */
  Statsd(String host, int port, List<String> common) {
    this.host = host;
    this.port = port;
    this.common = String.join(",", common);
  }

  /** Sends; answers how many points could not be. */
  int send(List<Point> points) {
    int sent = 0;
    int lost = 0;
    try (DatagramSocket socket = new DatagramSocket()) {
      // Anew each time: the agent's address may change. Connected, so that an agent that does not
      // listen is noticed where the network says so.
      socket.connect(new InetSocketAddress(host, port));
      for (Datagram datagram : datagrams(points)) {
        byte[] bytes = datagram.lines.getBytes(UTF_8);
        if (bytes.length > MOST_BYTES) {
          lost += datagram.points;
        } else {
          socket.send(new DatagramPacket(bytes, bytes.length));
        }
        sent += datagram.points;
      }
      if (failing) {
        failing = false;
        LOG.info("The Datadog agent is there again");
      }
    } catch (IOException | IllegalArgumentException e) {
      if (!failing) {
        failing = true;
        LOG.warn("The Datadog agent at {}:{} cannot be reached: {}", host, port, e.getMessage());
      }
      lost += points.size() - sent;
    }
    return lost;
  }

  private record Datagram(String lines, int points) {}

  private List<Datagram> datagrams(List<Point> points) {
    List<Datagram> datagrams = new ArrayList<>();
    StringBuilder lines = new StringBuilder();
    int bytes = 0;
    int inside = 0;
    for (Point point : points) {
      String line = line(point);
      int length = line.getBytes(UTF_8).length;
      if (inside > 0 && bytes + 1 + length > MOST_BYTES) {
        datagrams.add(new Datagram(lines.toString(), inside));
        lines.setLength(0);
        bytes = 0;
        inside = 0;
      }
      if (inside > 0) {
        lines.append('\n');
        bytes++;
      }
      lines.append(line);
      bytes += length;
      inside++;
    }
    if (inside > 0) {
      datagrams.add(new Datagram(lines.toString(), inside));
    }
    return datagrams;
  }

  private String line(Point point) {
    StringBuilder line = new StringBuilder(point.metric()).append(':');
    line.append(BigDecimal.valueOf(point.value()).stripTrailingZeros().toPlainString());
    line.append('|').append(point.type().statsd()).append("|#").append(common);
    for (String tag : point.tags()) {
      line.append(',').append(tag);
    }
    return line.toString();
  }
}
