/**
 * Sequential write rates from one run: the device's ceiling beside what goes through a file system.
 */
package org.apollofs.perf.device;
