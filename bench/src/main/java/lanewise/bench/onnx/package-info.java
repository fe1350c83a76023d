/// Networks as ONNX models, for peers that read no other description. [OnnxModel] translates,
/// [ProtoMessage] is as much of protobuf as that takes.
package lanewise.bench.onnx;
