/**
 * A namespace without a cluster: the state machine in the caller's process, for tests and the simulator.
 */
package org.apollofs.namespace.local;
