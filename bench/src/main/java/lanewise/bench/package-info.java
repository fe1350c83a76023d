/// Benchmarks of kernels and training steps, and the profiler that says where a step spends its
/// time.
package lanewise.bench;
