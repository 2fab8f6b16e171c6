/**
 * The host's side of stripes: writing them with streaming parity until they are durable, reading them verified and, if
 * targets are missing, from parity.
 */
package org.apollofs.dataplane.stripe;
