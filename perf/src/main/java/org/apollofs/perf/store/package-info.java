/**
 * Rates of a chunk store beside those of the device under it and of fio, on one file system, and what it costs at scale.
 */
package org.apollofs.perf.store;
