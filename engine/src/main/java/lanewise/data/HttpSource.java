package lanewise.data;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lanewise.error.DataException;
import lanewise.error.StorageException;

/// One answer of a server to the request for a file from some byte on. Redirections are followed,
/// but never to an unencrypted address of another machine.
///
/// `HttpURLConnection` because it gives up on a server that falls silent within the body, starts no
/// thread and is part of `java.base`.
final class HttpSource implements AutoCloseable {

  private static final int REQUESTED_RANGE_NOT_SATISFIABLE = 416;
  private static final int REDIRECTIONS = 5;
  private static final Set<Integer> REDIRECTED = Set.of(301, 302, 303, 307, 308);
  private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d+)-\\d+/(\\d+|\\*)");

  private final HttpURLConnection connection;
  private final int status;

  private HttpSource(HttpURLConnection connection, int status) {
    this.connection = connection;
    this.status = status;
  }

  /// Asks for the bytes from `offset` on.
  ///
  /// @param timeoutMillis the longest silence before the connection counts as broken
  /// @throws IOException if the connection fails
  /// @throws DataException if the address, or one that it redirects to, is not acceptable
  static HttpSource open(URI address, long offset, int timeoutMillis) throws IOException {
    URI current = address;
    for (int hop = 0; hop <= REDIRECTIONS; hop++) {
      requireSecure(current);
      HttpURLConnection connection = (HttpURLConnection) current.toURL().openConnection();
      connection.setInstanceFollowRedirects(false);
      connection.setConnectTimeout(timeoutMillis);
      connection.setReadTimeout(timeoutMillis);
      connection.setRequestProperty("User-Agent", "lanewise");
      // A range counts in the encoded bytes, so there must be no encoding.
      connection.setRequestProperty("Accept-Encoding", "identity");
      if (offset > 0) {
        connection.setRequestProperty("Range", "bytes=" + offset + "-");
      }
      int status = connection.getResponseCode();
      String location = connection.getHeaderField("Location");
      if (!REDIRECTED.contains(status) || location == null) {
        return new HttpSource(connection, status);
      }
      connection.disconnect();
      current = resolve(current, location);
    }
    throw new StorageException(
        "%s redirects more than %d times: give another address".formatted(address, REDIRECTIONS));
  }

  /// Whether the server has nothing from the requested byte on.
  boolean isPastEnd() {
    return status == REQUESTED_RANGE_NOT_SATISFIABLE;
  }

  /// The first byte that comes: the requested one, or 0 from a server that knows no ranges.
  ///
  /// @throws StorageException if the answer is a refusal
  /// @throws IOException if the answer is no proper one
  long offset() throws IOException {
    return switch (status) {
      case HttpURLConnection.HTTP_OK -> 0;
      case HttpURLConnection.HTTP_PARTIAL -> Long.parseLong(contentRange().group(1));
      default ->
          throw new StorageException(
              "%s answers with HTTP status %d: try later, or give another address"
                  .formatted(connection.getURL(), status));
    };
  }

  /// The length of the whole file by the server's word, or -1 if it does not say.
  long total() throws IOException {
    if (status == HttpURLConnection.HTTP_PARTIAL) {
      String total = contentRange().group(2);
      return total.equals("*") ? -1 : Long.parseLong(total);
    }
    return connection.getContentLengthLong();
  }

  /// The bytes from [#offset()] on.
  InputStream body() throws IOException {
    return connection.getInputStream();
  }

  @Override
  public void close() {
    connection.disconnect();
  }

  private Matcher contentRange() throws IOException {
    String header = connection.getHeaderField("Content-Range");
    Matcher matcher = CONTENT_RANGE.matcher(header == null ? "" : header);
    if (!matcher.matches()) {
      throw new IOException("partial content without a proper Content-Range");
    }
    return matcher;
  }

  private static URI resolve(URI current, String location) throws IOException {
    try {
      return current.resolve(new URI(location));
    } catch (URISyntaxException e) {
      throw new IOException("redirects to what is no address: " + location, e);
    }
  }

  private static void requireSecure(URI address) {
    String scheme = address.getScheme() == null ? "" : address.getScheme();
    String host = address.getHost() == null ? "" : address.getHost();
    boolean loopback =
        host.equals("localhost") || host.equals("[::1]") || host.matches("127(\\.\\d{1,3}){3}");
    if (host.isEmpty()
        || !(scheme.equalsIgnoreCase("https") || scheme.equalsIgnoreCase("http") && loopback)) {
      throw new DataException(
          address + " is not an https address: give one that starts with https://");
    }
  }
}
