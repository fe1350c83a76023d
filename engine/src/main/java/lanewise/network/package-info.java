/// Networks as data (a graph of named layers), and programs: a network compiled for a batch size
/// and a mode, with every buffer planned and all parameters in one array.
package lanewise.network;
