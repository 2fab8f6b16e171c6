/**
 * Lanes in memory, within one process: for tests of hosts and targets, and for the simulator. Messages are copied as
 * Aeron would copy them, so nobody gets to see a buffer that its owner has gone on to use.
 */
package org.apollofs.transport.memory;
