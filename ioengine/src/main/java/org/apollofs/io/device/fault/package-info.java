/**
 * Disks that fail as disks do: one in memory, from one seed, for tests and for the simulator, and a real file system whose
 * power can be cut. Production never opens one.
 */
package org.apollofs.io.device.fault;
