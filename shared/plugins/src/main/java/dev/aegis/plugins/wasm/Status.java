package dev.aegis.plugins.wasm;

/** What a call to the host is answered (proxy-wasm 0.2, {@code proxy_status_t}). */
final class Status {
  static final int OK = 0;
  static final int NOT_FOUND = 1;
  static final int BAD_ARGUMENT = 2;
  static final int INVALID_MEMORY = 6;
  static final int CAS_MISMATCH = 8;
  static final int INTERNAL_FAILURE = 10;
  static final int UNIMPLEMENTED = 12;

  private Status() {}

  /** Thrown where a call cannot go on; its answer is the status. */
  static final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    Fault(int status) {
      super("status " + status, null, false, false);
      this.status = status;
    }

    int status() {
      return status;
    }
  }
}
