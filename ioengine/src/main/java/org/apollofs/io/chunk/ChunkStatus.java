package org.apollofs.io.chunk;

/** Why a request to the store failed. */
public enum ChunkStatus {
    /** No such durable chunk. */
    NOT_FOUND,
    /** No block of the chunk's size class is free, or the device said ENOSPC. */
    NO_SPACE,
    /** The device failed: the message has offset, length and errno. */
    IO_ERROR,
    /** Payload and checksums disagree: damaged on the way here. */
    CHECKSUM_MISMATCH,
    /** The request breaks a bound. */
    INVALID,
    /** The store no longer takes writes and deletes: an earlier write or sync failed. */
    OUT_OF_SERVICE
}
