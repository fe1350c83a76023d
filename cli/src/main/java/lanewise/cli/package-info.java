/// The command line, one file per command.
package lanewise.cli;
