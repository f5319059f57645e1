/**
 * Key expressions: the sets of keys that subscribers, queryables and tokens name.
 *
 * <p>{@link tandem.zenoh.keyexpr.KeyExpr} is all of it: {@code of} checks a text and makes it
 * canonical, {@code intersects} and {@code includes} relate two of them, as the real core does
 * (held by a test against it, and by one against a list of keys). Pure; no state, no I/O. Cost is
 * bounded for hostile expressions too.
 */
package tandem.zenoh.keyexpr;
