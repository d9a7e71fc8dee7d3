package dev.aegis.journal;

import java.math.BigInteger;

/**
 * Recognises RSA moduli that one maker's chips made of primes of the form {@code k * M + (65537 ^ a
 * mod M)} (CVE-2017-15361), whose keys can be computed. Modulo each small prime such a modulus is a
 * power of 65537; of other moduli about one in 200 million is that, too.
 */
final class FactorableModulus {
  private static final int GENERATOR = 65_537;

  /** The primes that M is the product of, for the shortest of these keys. */
  private static final int[] PRIMES = {
    11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157
  };

  private FactorableModulus() {}

  static boolean is(BigInteger modulus) {
    for (int prime : PRIMES) {
      if (!isPower(modulus.mod(BigInteger.valueOf(prime)).intValue(), prime)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isPower(int value, int prime) {
    int power = 1;
    do {
      if (power == value) {
        return true;
      }
      power = power * (GENERATOR % prime) % prime;
    } while (power != 1);
    return false;
  }
}
