/// The kinds of failure that a user meets, one class each, so that a program can tell them apart.
package lanewise.error;
