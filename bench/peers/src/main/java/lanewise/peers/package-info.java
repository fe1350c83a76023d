/// Programs that measure one peer each: a JSON request on stdin, a JSON answer on stdout.
/// `lanewise bench --peers` starts them.
package lanewise.peers;
