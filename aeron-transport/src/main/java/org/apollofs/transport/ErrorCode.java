package org.apollofs.transport;

/** Why a request failed. The ordinal never goes on the wire: SBE's own numbers do. */
public enum ErrorCode {
    /** No such chunk on this target. */
    NOT_FOUND,
    /** No space on the target. */
    NO_SPACE,
    /** The device failed: the message has offset, length, errno. */
    IO_ERROR,
    /** Payload and checksum disagree: damaged on the way, or on the device. */
    CHECKSUM_MISMATCH,
    /** The request breaks a bound (length, index, version). */
    INVALID,
    /** The target is read-only or out of service after a fault. */
    OUT_OF_SERVICE,
    /** The peer is gone, or the request's deadline passed. */
    UNREACHABLE,
    /** The peer refused the hello: other site, other version, wrong token. */
    REFUSED
}
