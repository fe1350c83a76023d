/// Training: the loss, optimizers and learning rate schedules, the trainer with its listeners,
/// evaluation, checkpoints, and the classifier that a checkpoint becomes.
package lanewise.train;
