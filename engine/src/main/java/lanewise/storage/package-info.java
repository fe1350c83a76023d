/// Files that survive: JSON, the safetensors format of named arrays, and writing that a kill cannot
/// tear. Nothing here knows of networks.
package lanewise.storage;
