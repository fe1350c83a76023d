/// The sizes of each operation, the list of algorithms that carry it out, and the threads that they
/// run on.
package lanewise.kernel;
