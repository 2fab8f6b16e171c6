package org.apollofs.transport.aeron;

import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.protocol.WireError;

/** Error codes on the wire and in Java. */
final class WireErrors {
    private WireErrors() {}

    static WireError toWire(ErrorCode code) {
        return switch (code) {
            case NOT_FOUND -> WireError.NOT_FOUND;
            case NO_SPACE -> WireError.NO_SPACE;
            case IO_ERROR -> WireError.IO_ERROR;
            case CHECKSUM_MISMATCH -> WireError.CHECKSUM_MISMATCH;
            case INVALID -> WireError.INVALID;
            case OUT_OF_SERVICE -> WireError.OUT_OF_SERVICE;
            case UNREACHABLE -> WireError.UNREACHABLE;
            case REFUSED -> WireError.REFUSED;
        };
    }

    /** @return null for a number that means nothing here. */
    static ErrorCode fromWire(short code) {
        return switch (code) {
            case 1 -> ErrorCode.NOT_FOUND;
            case 2 -> ErrorCode.NO_SPACE;
            case 3 -> ErrorCode.IO_ERROR;
            case 4 -> ErrorCode.CHECKSUM_MISMATCH;
            case 5 -> ErrorCode.INVALID;
            case 6 -> ErrorCode.OUT_OF_SERVICE;
            case 7 -> ErrorCode.UNREACHABLE;
            case 8 -> ErrorCode.REFUSED;
            default -> null;
        };
    }
}
