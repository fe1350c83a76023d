/// Labelled images: the data sets, where they are looked for and fetched from, and the batches that
/// worker threads make of them while the last one trains.
package lanewise.data;
