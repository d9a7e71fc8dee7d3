package dev.aegis.chassis;

import dev.aegis.model.Problem;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * The bearer token (RFC 6750 section 2.1) by which Aegis's services know each other, as the one
 * that is asked sees it.
 */
public final class ServiceToken {
  private static final String SCHEME = "bearer ";

  private final byte[] token;
  private final String realm;

  /**
   * @param token what the others show
   * @param realm named to those who show nothing or something else, without quotes
   */
  public ServiceToken(String token, String realm) {
    this.token = token.getBytes(StandardCharsets.UTF_8);
    this.realm = realm;
  }

  /** Whether {@code request} shows the token. If not it is answered: 401 with a problem. */
  public boolean admits(ServerRequest request, ServerResponse response) {
    String shown = request.headers().first(HeaderNames.AUTHORIZATION).orElse("");
    boolean bearer = shown.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
    byte[] given = shown.substring(bearer ? SCHEME.length() : 0).getBytes(StandardCharsets.UTF_8);
    if (MessageDigest.isEqual(given, token) && bearer) {
      return true;
    }
    response.header(HeaderNames.WWW_AUTHENTICATE, "Bearer realm=\"" + realm + '"');
    HttpProblems.send(
        request,
        response,
        new Problem(
            401,
            shown.isEmpty() ? "missing_credentials" : "invalid_token",
            shown.isEmpty() ? "Credentials are missing" : "The token is not valid",
            "Only Aegis's own services may ask here.",
            null,
            null));
    return false;
  }
}
