/**
 * Systematic Reed-Solomon code over GF(2^8): parity accumulated chunk by chunk, any lost chunks rebuilt; three codecs, the
 * same bytes.
 */
package org.apollofs.io.erasure;
