package lanewise.data;

import java.net.URI;
import java.net.URISyntaxException;
import lanewise.error.DataException;

/// A file on the network whose content is known beforehand. Immutable, safe to share between
/// threads.
///
/// @param address where it is, `https:`
/// @param size its length in bytes
/// @param md5 the MD5 of its content, 32 lower-case hexadecimal digits; it tells a broken copy from
///     a whole one and is no proof of who made it
public record RemoteFile(URI address, long size, String md5) {

  /// The name of the file: the last part of its address.
  public String name() {
    String path = address.getPath();
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /// The same content from another place.
  ///
  /// @param base the address of the file, or of the folder that has one of this name
  /// @throws DataException if that is no address
  public RemoteFile mirroredAt(String base) {
    try {
      String file =
          base.endsWith("/" + name()) ? base : base + (base.endsWith("/") ? "" : "/") + name();
      return new RemoteFile(new URI(file), size, md5);
    } catch (URISyntaxException e) {
      throw new DataException("mirror " + base + " is not an address: " + e.getMessage(), e);
    }
  }
}
