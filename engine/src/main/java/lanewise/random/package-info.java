/// Random numbers that depend on what they are for, not on who draws them: a key and a counter give
/// the number, so any thread makes any of them and a run resumes anywhere.
package lanewise.random;
