/// What tests of every package share: exact fills, comparisons, finite differences and lists of
/// cases.
package lanewise.testing;
