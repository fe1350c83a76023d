/// The architectures, one file each, the topology of each on one screen.
package lanewise.models;
