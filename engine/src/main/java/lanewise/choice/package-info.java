/// Which algorithm each pass of a convolution runs with: by a fixed rule, by order, or by
/// measurement, remembered in a file. A chooser is passed to whoever compiles a network; nothing
/// here is global.
package lanewise.choice;
