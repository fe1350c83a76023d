/// Naive double-precision twins of every operation: slow, short and obviously right, the oracle of
/// every test.
///
/// All of them work on plain heap arrays in NCHW order with the batch outermost, return new arrays
/// (an update in place is named as such), and throw `IllegalArgumentException` when an array does
/// not have the size that the other arguments demand. They hold no state and may be called from any
/// thread.
package lanewise.kernel.reference;
