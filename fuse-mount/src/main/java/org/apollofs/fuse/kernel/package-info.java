/**
 * The kernel's own FUSE protocol, spoken on /dev/fuse through java.lang.foreign: no libfuse, payloads straight into slabs.
 */
package org.apollofs.fuse.kernel;
