/**
 * Block devices with an asynchronous queue: io_uring, FileChannel, and how a target's data file is prepared.
 */
package org.apollofs.io.device;
