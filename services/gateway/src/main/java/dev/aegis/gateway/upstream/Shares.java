package dev.aegis.gateway.upstream;

/** Weights as a registry gives them, brought within the bounds of an upstream's. */
final class Shares {
  private static final int MOST = 1_000;

  private Shares() {}

  /**
   * The same shares in whole numbers from 1 to 1000: as they are when they are such already, else
   * in proportion to the largest.
   *
   * @param shares none below 0; those that are 0 among others get as little as can be
   */
  static int[] within(double[] shares) {
    double most = 0;
    boolean fit = true;
    for (double share : shares) {
      most = Math.max(most, share);
      fit &= share >= 1 && share <= MOST && share == Math.rint(share);
    }
    int[] weights = new int[shares.length];
    for (int i = 0; i < shares.length; i++) {
      weights[i] =
          fit
              ? (int) shares[i]
              : most == 0 ? 1 : (int) Math.max(1, Math.round(shares[i] / most * MOST));
    }
    return weights;
  }
}
