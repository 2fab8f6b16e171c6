package org.apollofs.dataplane.target;

import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.transport.ChunkAddress;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.LaneServer;
import org.apollofs.transport.TargetStatus;

/** An answer that its lane had no room for. Reused; has room for the longest read's checksums and stripe lengths. */
final class PendingAnswer {
    private enum Kind {
        WRITTEN,
        READ,
        DELETED,
        STATUS,
        LIST,
        ERROR
    }

    private final UnsafeBuffer checksumMemory;
    private final UnsafeBuffer checksums = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer stripeLengthMemory;
    private final UnsafeBuffer stripeLengths = new UnsafeBuffer(0, 0);
    private Kind kind;
    private long laneId;
    private long correlationId;
    private Slab slab;
    private int blockOffset;
    private int length;
    private int chunkLength;
    private TargetStatus status;
    private List<ChunkAddress> chunks;
    private long nextCursor;
    private ErrorCode code;
    private String message;

    /** @param maxChecksumBytes and {@code maxStripeLengthBytes}: of the longest read. */
    PendingAnswer(int maxChecksumBytes, int maxStripeLengthBytes) {
        checksumMemory = new UnsafeBuffer(new byte[maxChecksumBytes]);
        stripeLengthMemory = new UnsafeBuffer(new byte[maxStripeLengthBytes]);
    }

    private PendingAnswer is(Kind newKind, long newLaneId, long newCorrelationId) {
        kind = newKind;
        laneId = newLaneId;
        correlationId = newCorrelationId;
        return this;
    }

    void written(long lane, long correlation) {
        is(Kind.WRITTEN, lane, correlation);
    }

    void deleted(long lane, long correlation) {
        is(Kind.DELETED, lane, correlation);
    }

    void read(
            long lane,
            long correlation,
            Slab payload,
            int offset,
            int bytes,
            DirectBuffer sums,
            int ofChunk,
            DirectBuffer lengths) {
        is(Kind.READ, lane, correlation);
        slab = payload;
        blockOffset = offset;
        length = bytes;
        chunkLength = ofChunk;
        checksumMemory.putBytes(0, sums, 0, sums.capacity());
        checksums.wrap(checksumMemory, 0, sums.capacity());
        stripeLengthMemory.putBytes(0, lengths, 0, lengths.capacity());
        stripeLengths.wrap(stripeLengthMemory, 0, lengths.capacity());
    }

    void status(long lane, long correlation, TargetStatus figures) {
        is(Kind.STATUS, lane, correlation);
        status = figures;
    }

    void list(long lane, long correlation, List<ChunkAddress> page, long cursor) {
        is(Kind.LIST, lane, correlation);
        chunks = page;
        nextCursor = cursor;
    }

    void error(long lane, long correlation, ErrorCode errorCode, String what) {
        is(Kind.ERROR, lane, correlation);
        code = errorCode;
        message = what;
    }

    long laneId() {
        return laneId;
    }

    /** The slab of a read, to be released once it is sent; else null. */
    Slab slab() {
        return slab;
    }

    /** Tries to send. @return as the server says. */
    long send(LaneServer server) {
        return switch (kind) {
            case WRITTEN -> server.chunkWritten(laneId, correlationId);
            case READ ->
                server.chunkRead(
                        laneId, correlationId, slab, 0, blockOffset, length, checksums, chunkLength, stripeLengths);
            case DELETED -> server.chunkDeleted(laneId, correlationId);
            case STATUS -> server.targetStatus(laneId, correlationId, status);
            case LIST -> server.chunkList(laneId, correlationId, chunks, nextCursor);
            case ERROR -> server.error(laneId, correlationId, code, message);
        };
    }

    /** Forgets what it referred to. */
    void clear() {
        slab = null;
        status = null;
        chunks = null;
        message = null;
    }
}
