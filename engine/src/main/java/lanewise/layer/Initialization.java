package lanewise.layer;

import lanewise.random.CounterRandom;

/// How a parameter's values start. Each value depends on the key and its plain index alone.
@FunctionalInterface
public interface Initialization {

  /// @param values plain order, filled completely
  /// @param key random key of this parameter
  void fill(float[] values, long key);

  /// How weights start, given what a unit takes in and gives out.
  enum Scheme {
    /// [#kaimingNormal(long)] over the fan-in: for layers before a ReLU or a normalization.
    KAIMING_NORMAL,
    /// [#lecunNormal(long)] over the fan-in: for ReLUs among max poolings, which raise the values
    /// again that a ReLU halves.
    LECUN_NORMAL,
    /// [#xavierUniform(long, long)]: for layers before a sigmoid or tanh, and linear layers.
    XAVIER_UNIFORM,
    /// [#normal(double)] with a deviation of 0.01 whatever the fan: for class scores, so that a
    /// network starts with about the same probability for each class, however large the values
    /// before them have grown. Krizhevsky et al. 2012, section 5.
    SMALL_NORMAL;

    private static final double SMALL = 0.01;

    Initialization of(long fanIn, long fanOut) {
      return switch (this) {
        case KAIMING_NORMAL -> kaimingNormal(fanIn);
        case LECUN_NORMAL -> lecunNormal(fanIn);
        case XAVIER_UNIFORM -> xavierUniform(fanIn, fanOut);
        case SMALL_NORMAL -> normal(SMALL);
      };
    }
  }

  /// The same value everywhere.
  static Initialization constant(float value) {
    return (values, key) -> java.util.Arrays.fill(values, value);
  }

  /// Normal with standard deviation `sqrt(2 / fan)`: He et al. 2015, "Delving Deep into
  /// Rectifiers", eq. 10 and 14.
  ///
  /// @param fan inputs (fan-in) or outputs (fan-out) of one unit
  static Initialization kaimingNormal(long fan) {
    return normal(Math.sqrt(2.0 / fan));
  }

  /// Normal with standard deviation `sqrt(1 / fan)`: LeCun et al. 1998, "Efficient BackProp", eq.
  /// 16.
  static Initialization lecunNormal(long fan) {
    return normal(Math.sqrt(1.0 / fan));
  }

  /// Uniform in `+-sqrt(6 / (fanIn + fanOut))`: Glorot and Bengio 2010, eq. 16.
  static Initialization xavierUniform(long fanIn, long fanOut) {
    return uniform(Math.sqrt(6.0 / (fanIn + fanOut)));
  }

  /// Normal with mean 0.
  static Initialization normal(double deviation) {
    return (values, key) -> {
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (deviation * CounterRandom.gaussian(key, i));
      }
    };
  }

  /// Uniform in `-bound` to `bound`.
  static Initialization uniform(double bound) {
    return (values, key) -> {
      for (int i = 0; i < values.length; i++) {
        double unit = CounterRandom.uniform(CounterRandom.bits(key, i));
        values[i] = (float) (bound * (2 * unit - 1));
      }
    };
  }
}
