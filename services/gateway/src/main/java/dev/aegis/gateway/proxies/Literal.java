package dev.aegis.gateway.proxies;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/** Addresses as text: four decimal numbers, or IPv6 (RFC 4291 section 2.2), and nothing else. */
final class Literal {
  private static final int MAX_V6 = 45;

  private Literal() {}

  /** The address, or null; no name is looked up. */
  static @Nullable InetAddress parse(String text) {
    return text.indexOf(':') < 0 ? v4(text) : v6(text);
  }

  private static @Nullable InetAddress v6(String text) {
    if (text.length() > MAX_V6) {
      return null;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.digit(c, 16) < 0 && c != ':' && c != '.' || c > 'f') {
        return null; // a zone means something on one machine only
      }
    }
    try {
      return Inet6Address.ofLiteral(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** Leading zeros are octal to some, so they are refused. */
  private static @Nullable InetAddress v4(String text) {
    byte[] bytes = new byte[4];
    int at = 0;
    for (int i = 0; i < bytes.length; i++) {
      int end = i == 3 ? text.length() : text.indexOf('.', at);
      int number = end < 0 ? -1 : decimal(text, at, end, 255);
      if (number < 0) {
        return null;
      }
      bytes[i] = (byte) number;
      at = end + 1;
    }
    return of(bytes);
  }

  /** A number without sign and leading zeros, or -1. */
  static int decimal(String text, int from, int to, int most) {
    if (to <= from || to - from > 5 || text.charAt(from) == '0' && to - from > 1) {
      return -1;
    }
    int number = 0;
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      number = number * 10 + c - '0';
    }
    return number > most ? -1 : number;
  }

  /** The address with these bytes; IPv4 within IPv6 is IPv4. */
  static InetAddress of(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("4 or 16 bytes", e);
    }
  }
}
