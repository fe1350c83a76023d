package lanewise.data;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// Serves one file on loopback, as badly as a test wants.
final class FileServer implements AutoCloseable {

  private final HttpServer server;
  private final ExecutorService executor = Executors.newCachedThreadPool();
  private final List<String> ranges = new CopyOnWriteArrayList<>();

  /// What is served.
  volatile byte[] content;

  /// Whether `Range` is understood.
  volatile boolean knowsRanges = true;

  /// Every answer breaks off after so many bytes.
  volatile int bytesPerAnswer = Integer.MAX_VALUE;

  /// After a broken answer, fall silent instead of closing.
  volatile boolean hangs;

  /// The status of every answer, if not 0.
  volatile int status;

  /// Where every request for another path is sent.
  volatile String redirection = "";

  FileServer(byte[] content) throws IOException {
    this.content = content;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/file.bin", this::answer);
    server.createContext("/moved", this::redirect);
    server.setExecutor(executor);
    server.start();
  }

  /// The address of a path on this server.
  URI address(String path) {
    return URI.create("http://localhost:" + server.getAddress().getPort() + path);
  }

  /// The `Range` of every request for the file, `none` where it had none.
  List<String> ranges() {
    return new ArrayList<>(ranges);
  }

  @Override
  public void close() {
    server.stop(0);
    executor.shutdownNow();
  }

  private void redirect(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().set("Location", redirection);
    exchange.sendResponseHeaders(302, -1);
    exchange.close();
  }

  private void answer(HttpExchange exchange) throws IOException {
    String range = exchange.getRequestHeaders().getFirst("Range");
    ranges.add(range == null ? "none" : range);
    if (status != 0) {
      exchange.sendResponseHeaders(status, -1);
      exchange.close();
      return;
    }
    int first = 0;
    int code = 200;
    if (range != null && knowsRanges) {
      first = Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
      code = first < content.length ? 206 : 416;
      exchange
          .getResponseHeaders()
          .set(
              "Content-Range",
              code == 206
                  ? "bytes %d-%d/%d".formatted(first, content.length - 1, content.length)
                  : "bytes */" + content.length);
    }
    if (code == 416) {
      exchange.sendResponseHeaders(416, -1);
      exchange.close();
      return;
    }
    exchange.sendResponseHeaders(code, content.length - first);
    OutputStream body = exchange.getResponseBody();
    int length = Math.min(bytesPerAnswer, content.length - first);
    body.write(content, first, length);
    body.flush();
    if (length < content.length - first) {
      if (hangs) {
        try {
          Thread.sleep(60_000);
        } catch (InterruptedException _) {
          Thread.currentThread().interrupt();
        }
      }
      throw new IOException("break off");
    }
    exchange.close();
  }
}
