package lanewise.network;

/// What a program is compiled for.
public enum Mode {
  /// Forward and backward, with batch statistics, dropout and auxiliary outputs.
  TRAINING,
  /// Forward of the first output alone, with running statistics and without dropout.
  INFERENCE
}
