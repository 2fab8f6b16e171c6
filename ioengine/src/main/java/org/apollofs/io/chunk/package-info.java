/**
 * The chunk store of one target: superblock, space, index, journal, and the pipeline that makes chunks durable.
 * One thread owns a store; nothing in here blocks on a disk once the store is open.
 */
package org.apollofs.io.chunk;
