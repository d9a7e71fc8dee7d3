package dev.aegis.journal;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A curve for ECDSA and the one algorithm that it belongs to (RFC 7518 section 3.4).
 *
 * @param text its name on the wire, the value of {@code crv}
 * @param bytes length of a coordinate
 * @param parameters as the JDK describes it
 */
record Curve(String text, int bytes, ECParameterSpec parameters) {
  private static final Curve P256 = named("P-256", "secp256r1", 32);
  private static final Curve P384 = named("P-384", "secp384r1", 48);
  private static final Curve P521 = named("P-521", "secp521r1", 66);

  /** All that are let in. */
  static final List<Curve> ALL = List.of(P256, P384, P521);

  private static Curve named(String text, String standard, int bytes) {
    try {
      AlgorithmParameters named = AlgorithmParameters.getInstance("EC");
      named.init(new ECGenParameterSpec(standard));
      return new Curve(text, bytes, named.getParameterSpec(ECParameterSpec.class));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("The JDK knows the curve " + standard, e);
    }
  }

  /** The curve of exactly this name, or null. */
  static @Nullable Curve of(String text) {
    for (Curve curve : ALL) {
      if (curve.text.equals(text)) {
        return curve;
      }
    }
    return null;
  }

  /** The curve of an ECDSA algorithm. */
  static Curve of(SigningAlgorithm algorithm) {
    return switch (algorithm) {
      case ES256 -> P256;
      case ES384 -> P384;
      case ES512 -> P521;
      case HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, EDDSA ->
          throw new IllegalArgumentException(algorithm.text() + " has no curve of its own");
    };
  }

  /** Whether the key says that it is on this curve. */
  boolean holds(ECPublicKey key) {
    return key.getParams().getCurve().equals(parameters.getCurve())
        && key.getParams().getGenerator().equals(parameters.getGenerator())
        && key.getParams().getOrder().equals(parameters.getOrder());
  }

  /**
   * Whether a point is on the curve, and not at infinity (SEC 1 section 3.2.2.1). The cofactor of
   * these curves is 1, so nothing more is to be checked.
   */
  boolean holds(ECPoint point) {
    BigInteger prime = ((ECFieldFp) parameters.getCurve().getField()).getP();
    BigInteger x = point.getAffineX();
    BigInteger y = point.getAffineY();
    if (point.equals(ECPoint.POINT_INFINITY)
        || x.signum() < 0
        || y.signum() < 0
        || x.compareTo(prime) >= 0
        || y.compareTo(prime) >= 0) {
      return false;
    }
    BigInteger right =
        x.multiply(x)
            .add(parameters.getCurve().getA())
            .multiply(x)
            .add(parameters.getCurve().getB());
    return y.multiply(y).subtract(right).mod(prime).signum() == 0;
  }
}
