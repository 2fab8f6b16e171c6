/**
 * A disk in memory that fails as disks do, from one seed: for tests and for the simulator. Production never opens one.
 */
package org.apollofs.io.device.fault;
