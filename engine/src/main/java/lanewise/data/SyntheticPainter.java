package lanewise.data;

import lanewise.random.CounterRandom;

/// Draws one synthetic image, in integers alone. Lengths are in 1/64 of a pixel, hues in 1/1536 of
/// the circle. Belongs to one thread and one image.
final class SyntheticPainter {

  /// Width and height in pixels.
  static final int SIZE = 32;

  private static final int PIXEL = 64;
  private static final int HUES = 6 * 256;
  private static final int MAX_DEGREES = 15;
  private static final int NOISE_STREAM = 1;

  /// What is drawn; all are alike when mirrored, as images are flipped in training.
  enum Motif {
    DISC,
    RING,
    SQUARE,
    FRAME,
    TRIANGLE,
    PLUS,
    ROWS,
    COLUMNS,
    CHECKS,
    DOTS;

    private static final Motif[] ALL = values();

    static Motif at(int index) {
      return ALL[index];
    }

    /// Whether the point (u, v) belongs to the motif of radius `r` around (0, 0).
    boolean contains(int u, int v, int r) {
      int across = Math.abs(u);
      int far = Math.max(across, Math.abs(v));
      int near = Math.min(across, Math.abs(v));
      int square = u * u + v * v;
      return switch (this) {
        case DISC -> square < r * r;
        case RING -> square < r * r && 4 * square > r * r;
        case SQUARE -> 8 * far < 7 * r;
        case FRAME -> 8 * far < 7 * r && 2 * far > r;
        case TRIANGLE -> 4 * v < 3 * r && 2 * across < v + r;
        case PLUS -> far < r && 4 * near < r;
        case ROWS -> Math.floorMod(v, 2 * r / 3) < r / 3;
        case COLUMNS -> Math.floorMod(u, 2 * r / 3) < r / 3;
        case CHECKS -> (Math.floorDiv(3 * u, r) + Math.floorDiv(3 * v, r)) % 2 == 0;
        case DOTS -> {
          int s = Math.floorMod(u, 2 * r / 3) - r / 3;
          int t = Math.floorMod(v, 2 * r / 3) - r / 3;
          yield 16 * (s * s + t * t) < r * r;
        }
      };
    }
  }

  private final long key;
  private final int[][] image = new int[SIZE * SIZE][];
  private long draws;

  SyntheticPainter(long key) {
    this.key = key;
  }

  /// Draws `motif` in a hue near number `colour` of `colours`, to `dst` as 3 planes from `offset`
  /// on.
  void paint(Motif motif, int colour, int colours, byte[] dst, int offset) {
    int[] background = colour(between(0, HUES - 1), between(0, 120), between(30, 220));
    int spread = HUES / colours * 9 / 20;
    int hue = colour * HUES / colours + between(-spread, spread);
    int[] foreground = colour(Math.floorMod(hue, HUES), between(120, 255), between(100, 255));
    paintMotif(motif, foreground, background);
    for (int patch = 0; patch < 2; patch++) {
      paintPatch(colour(between(0, HUES - 1), between(0, 255), between(30, 255)));
    }
    develop(dst, offset);
  }

  private void paintMotif(Motif motif, int[] foreground, int[] background) {
    int r = between(7 * PIXEL, 12 * PIXEL);
    int centreX = SIZE * PIXEL / 2 + between(-5 * PIXEL, 5 * PIXEL);
    int centreY = SIZE * PIXEL / 2 + between(-5 * PIXEL, 5 * PIXEL);
    double angle = StrictMath.toRadians(between(-MAX_DEGREES, MAX_DEGREES));
    int cos = (int) StrictMath.rint(1024 * StrictMath.cos(angle));
    int sin = (int) StrictMath.rint(1024 * StrictMath.sin(angle));
    for (int i = 0; i < image.length; i++) {
      int x = i % SIZE * PIXEL + PIXEL / 2 - centreX;
      int y = i / SIZE * PIXEL + PIXEL / 2 - centreY;
      int u = (x * cos + y * sin) >> 10;
      int v = (y * cos - x * sin) >> 10;
      image[i] = motif.contains(u, v, r) ? foreground : background;
    }
  }

  /// A small rectangle anywhere, over what is there.
  private void paintPatch(int[] rgb) {
    int width = between(3, 7);
    int height = between(3, 7);
    int left = between(0, SIZE - width);
    int top = between(0, SIZE - height);
    for (int y = top; y < top + height; y++) {
      for (int x = left; x < left + width; x++) {
        image[y * SIZE + x] = rgb;
      }
    }
  }

  /// Adds a slope of light and noise, and writes the planes.
  private void develop(byte[] dst, int offset) {
    int slopeX = between(-5, 5);
    int slopeY = between(-5, 5);
    int noise = between(8, 48);
    long noiseKey = CounterRandom.key(key, NOISE_STREAM);
    for (int i = 0; i < image.length; i++) {
      int light = 256 + slopeX * (i % SIZE - SIZE / 2) + slopeY * (i / SIZE - SIZE / 2);
      long bits = CounterRandom.bits(noiseKey, i);
      for (int channel = 0; channel < 3; channel++) {
        // The sum of two bytes: a triangle from -255 to 255.
        int grain = (int) (bits & 0xFF) - (int) (bits >>> 8 & 0xFF);
        bits >>>= 16;
        int value = (image[i][channel] * light >> 8) + (grain * noise >> 8);
        dst[offset + channel * image.length + i] = (byte) Math.clamp(value, 0, 255);
      }
    }
  }

  /// Red, green and blue, 0 to 255, of a hue with a saturation and a value of 0 to 255.
  private static int[] colour(int hue, int saturation, int value) {
    int part = hue & 0xFF;
    int low = value * (255 - saturation) / 255;
    int falling = value * (255 - saturation * part / 255) / 255;
    int rising = value * (255 - saturation * (255 - part) / 255) / 255;
    return switch (hue >> 8) {
      case 0 -> new int[] {value, rising, low};
      case 1 -> new int[] {falling, value, low};
      case 2 -> new int[] {low, value, rising};
      case 3 -> new int[] {low, falling, value};
      case 4 -> new int[] {rising, low, value};
      default -> new int[] {value, low, falling};
    };
  }

  /// The next random integer from `least` to `most`, both included.
  private int between(int least, int most) {
    return least + CounterRandom.bounded(CounterRandom.bits(key, draws++), most - least + 1);
  }
}
