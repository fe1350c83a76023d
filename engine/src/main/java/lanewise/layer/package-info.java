/// The layers: one file each, with the description (shape, parameters, cost) and its forward and
/// backward pass side by side. A layer is data; [Layer#compile] turns it into an [Operation] on
/// given memory.
package lanewise.layer;
