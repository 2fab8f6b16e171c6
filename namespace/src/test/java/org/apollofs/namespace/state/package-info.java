/**
 * Tests of the state machine: determinism, retries, leases, extents, snapshots.
 */
package org.apollofs.namespace.state;
