/**
 * Judges histories of operations on keys: whether one order explains all answers (linearizability). Written against the
 * words of docs/namespace.md, not against the implementation, and tested by itself.
 */
package org.apollofs.namespace.check;
