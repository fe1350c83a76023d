/// Shapes, off-heap memory with an owner, layouts and the tensors that live in them.
package lanewise.tensor;
