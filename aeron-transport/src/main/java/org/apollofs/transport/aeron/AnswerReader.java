package org.apollofs.transport.aeron;

import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.transport.ChunkAddress;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;
import org.apollofs.transport.LaneHandler;
import org.apollofs.transport.LaneLimits;
import org.apollofs.transport.TargetStatus;
import org.apollofs.transport.protocol.ChunkDataDecoder;
import org.apollofs.transport.protocol.ChunkDeletedDecoder;
import org.apollofs.transport.protocol.ChunkListDecoder;
import org.apollofs.transport.protocol.ChunkWrittenDecoder;
import org.apollofs.transport.protocol.CreditDecoder;
import org.apollofs.transport.protocol.FailureDecoder;
import org.apollofs.transport.protocol.StatusReportDecoder;

/**
 * Answers of one connection, as they come out of its image: each completes its request. Payload goes from the term
 * straight to its place in the slab of the request, if the request still waits for it. Lane's owner only.
 */
final class AnswerReader extends MessageReader {
    private final int targetId;
    private final RequestTable table;
    private final LaneConnection connection;
    private final LaneHandler handler;
    private final TransportCounters counters;

    private final ChunkWrittenDecoder chunkWritten = new ChunkWrittenDecoder();
    private final ChunkDataDecoder chunkData = new ChunkDataDecoder();
    private final ChunkDeletedDecoder chunkDeleted = new ChunkDeletedDecoder();
    private final StatusReportDecoder statusReport = new StatusReportDecoder();
    private final ChunkListDecoder chunkList = new ChunkListDecoder();
    private final FailureDecoder failure = new FailureDecoder();
    private final CreditDecoder credit = new CreditDecoder();
    private final UnsafeBuffer checksumsView = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer stripeLengthsView = new UnsafeBuffer(0, 0);

    /** The part that is arriving; requestId 0: none. */
    private long dataRequestId;

    private int partPosition;
    private int partRemaining;
    private boolean isLastPart;
    private int blockOffset;
    private int chunkLength;

    /** A list that spans fragments; length 0: none. */
    private final ExpandableArrayBuffer listBuffer = new ExpandableArrayBuffer(256);

    private int listLength;

    AnswerReader(
            int targetId,
            RequestTable table,
            LaneConnection connection,
            LaneHandler handler,
            TransportCounters counters) {
        this.targetId = targetId;
        this.table = table;
        this.connection = connection;
        this.handler = handler;
        this.counters = counters;
    }

    @Override
    Action onMessage(int templateId, DirectBuffer buffer, int body, int end, boolean whole) {
        counters.increment(TransportCounter.ANSWERS_RECEIVED);
        if (templateId == ChunkDataDecoder.TEMPLATE_ID) {
            return onChunkData(buffer, body, end, whole);
        }
        if (templateId == ChunkListDecoder.TEMPLATE_ID) {
            return onListBegins(buffer, body, end, whole);
        }
        if (!whole) {
            return malformed("fragmented answer: template=" + templateId);
        }
        return switch (templateId) {
            case ChunkWrittenDecoder.TEMPLATE_ID -> onChunkWritten(buffer, body);
            case ChunkDeletedDecoder.TEMPLATE_ID -> onChunkDeleted(buffer, body);
            case StatusReportDecoder.TEMPLATE_ID -> onStatusReport(buffer, body);
            case FailureDecoder.TEMPLATE_ID -> onFailure(buffer, body, end);
            case CreditDecoder.TEMPLATE_ID -> onCredit(buffer, body);
            default -> malformed("answer: template=" + templateId);
        };
    }

    private Action onChunkWritten(DirectBuffer buffer, int body) {
        if (!hasBlock(ChunkWrittenDecoder.BLOCK_LENGTH)) {
            return malformed("chunk written: block length");
        }
        chunkWritten.wrap(buffer, body, header.blockLength(), header.version());
        Request request = table.find(chunkWritten.requestId(), Request.Kind.WRITE, connection);
        if (request == null) {
            return malformed("chunk written: request id");
        }
        long correlationId = request.correlationId;
        if (finish(request)) {
            handler.onChunkWritten(targetId, correlationId);
        }
        return Action.CONTINUE;
    }

    private Action onChunkDeleted(DirectBuffer buffer, int body) {
        if (!hasBlock(ChunkDeletedDecoder.BLOCK_LENGTH)) {
            return malformed("chunk deleted: block length");
        }
        chunkDeleted.wrap(buffer, body, header.blockLength(), header.version());
        Request request = table.find(chunkDeleted.requestId(), Request.Kind.DELETE, connection);
        if (request == null) {
            return malformed("chunk deleted: request id");
        }
        long correlationId = request.correlationId;
        if (finish(request)) {
            handler.onChunkDeleted(targetId, correlationId);
        }
        return Action.CONTINUE;
    }

    private Action onStatusReport(DirectBuffer buffer, int body) {
        if (!hasBlock(StatusReportDecoder.BLOCK_LENGTH)) {
            return malformed("status report: block length");
        }
        statusReport.wrap(buffer, body, header.blockLength(), header.version());
        Request request = table.find(statusReport.requestId(), Request.Kind.STATUS, connection);
        if (request == null) {
            return malformed("status report: request id");
        }
        TargetStatus status = new TargetStatus(
                statusReport.targetId(),
                statusReport.capacityBytes(),
                statusReport.freeBytes(),
                statusReport.chunkCount(),
                statusReport.writable() != 0);
        long correlationId = request.correlationId;
        if (finish(request)) {
            handler.onTargetStatus(targetId, correlationId, status);
        }
        return Action.CONTINUE;
    }

    private Action onFailure(DirectBuffer buffer, int body, int end) {
        if (!hasBlock(FailureDecoder.BLOCK_LENGTH)) {
            return malformed("failure: block length");
        }
        failure.wrap(buffer, body, header.blockLength(), header.version());
        int messageLength = Wire.varDataLength(buffer, failure.limit(), end);
        ErrorCode code = WireErrors.fromWire(failure.codeRaw());
        Request request = table.find(failure.requestId(), null, connection);
        if (messageLength < 0 || messageLength > LaneLimits.MAX_MESSAGE_LENGTH || code == null || request == null) {
            return malformed("failure: request id, code or message");
        }
        String message = failure.message();
        long correlationId = request.correlationId;
        var slab = request.destination;
        if (finish(request)) {
            handler.onError(targetId, correlationId, code, message, slab);
        }
        return Action.CONTINUE;
    }

    private Action onCredit(DirectBuffer buffer, int body) {
        if (!hasBlock(CreditDecoder.BLOCK_LENGTH)) {
            return malformed("credit: block length");
        }
        credit.wrap(buffer, body, header.blockLength(), header.version());
        if (credit.chunkCredit() < 1 || credit.requestCredit() < 1) {
            return malformed("credit: less than one");
        }
        connection.credit(credit.chunkCredit(), credit.requestCredit());
        return Action.CONTINUE;
    }

    private Action onChunkData(DirectBuffer buffer, int body, int end, boolean whole) {
        if (!hasBlock(ChunkDataDecoder.BLOCK_LENGTH)) {
            return malformed("chunk data: block length");
        }
        chunkData.wrap(buffer, body, header.blockLength(), header.version());
        int checksumsAt = chunkData.limit();
        int checksumsLength = Wire.varDataLength(buffer, checksumsAt, end);
        int lengthsAt = checksumsAt + Short.BYTES + checksumsLength;
        int lengthsLength = checksumsLength < 0 ? -1 : Wire.varDataLength(buffer, lengthsAt, end);
        Request request = table.find(chunkData.requestId(), Request.Kind.READ, connection);
        if (lengthsLength < 0 || request == null || !isNextPart(request, checksumsLength, lengthsLength)) {
            return malformed("chunk data: request id or a length");
        }
        buffer.getBytes(
                checksumsAt + Short.BYTES,
                request.checksums,
                chunkData.partOffset() / Lane.CHECKSUM_BLOCK_LENGTH * Integer.BYTES,
                checksumsLength);
        if (chunkData.partOffset() == 0) {
            request.stripeLengthsLength = lengthsLength;
            buffer.getBytes(lengthsAt + Short.BYTES, request.stripeLengths, 0, lengthsLength);
        }
        dataRequestId = chunkData.requestId();
        partPosition = chunkData.partOffset();
        partRemaining = chunkData.partLength();
        isLastPart = partPosition + partRemaining == chunkData.rangeLength();
        blockOffset = chunkData.blockOffset();
        chunkLength = chunkData.chunkLength();
        int payloadAt = lengthsAt + Short.BYTES + lengthsLength;
        return onPayload(buffer, payloadAt, end - payloadAt, whole);
    }

    /** All that a part says about itself is checked here, before a byte is copied. */
    private boolean isNextPart(Request request, int checksumsLength, int stripeLengthsLength) {
        int partOffset = chunkData.partOffset();
        int partLength = chunkData.partLength();
        int rangeLength = chunkData.rangeLength();
        boolean rangeFits = LaneLimits.isDataRange(chunkData.blockOffset(), rangeLength, chunkData.chunkLength());
        if (!rangeFits || partOffset != request.receivedLength || partLength < 1) {
            return false;
        }
        boolean isWhole = partLength <= rangeLength - partOffset
                && (partLength % Lane.CHECKSUM_BLOCK_LENGTH == 0 || partOffset + partLength == rangeLength);
        boolean lengthsFit =
                LaneLimits.isStripeLengthsLength(stripeLengthsLength) && (partOffset == 0 || stripeLengthsLength == 0);
        return isWhole && lengthsFit && checksumsLength == LaneLimits.blockCount(partLength) * Integer.BYTES;
    }

    private Action onPayload(DirectBuffer buffer, int offset, int length, boolean ends) {
        if (length > partRemaining || (ends && length != partRemaining)) {
            return malformed("chunk data: more or less payload than said");
        }
        // Looked up again for each fragment: the deadline may have passed, and the slab be somebody else's.
        Request request = table.find(dataRequestId, Request.Kind.READ, connection);
        if (request == null) {
            throw new IllegalStateException("request left the table before its answer was whole: target=" + targetId);
        }
        boolean wanted = Request.phase(request.state()) != Request.EXPIRED;
        if (wanted && partPosition + length <= request.destination.capacity()) {
            request.destination.buffer().putBytes(partPosition, buffer, offset, length);
        }
        partPosition += length;
        partRemaining -= length;
        if (ends) {
            request.receivedLength = partPosition;
            if (isLastPart) {
                onRangeArrived(request);
            }
        }
        return Action.CONTINUE;
    }

    private void onRangeArrived(Request request) {
        long correlationId = request.correlationId;
        var slab = request.destination;
        int length = partPosition;
        counters.add(TransportCounter.PAYLOAD_RECEIVED, length);
        checksumsView.wrap(request.checksums, 0, LaneLimits.blockCount(length) * Integer.BYTES);
        stripeLengthsView.wrap(request.stripeLengths, 0, request.stripeLengthsLength);
        if (!RequestTable.complete(request)) {
            counters.increment(TransportCounter.ANSWERS_LATE);
        } else if (length > slab.capacity()) {
            String message = "range does not fit into the slab: target=" + targetId + ", offset=" + blockOffset
                    + ", length=" + length + ", slab=" + slab.capacity();
            handler.onError(targetId, correlationId, ErrorCode.INVALID, message, slab);
        } else {
            handler.onChunkRead(
                    targetId, correlationId, slab, blockOffset, length, checksumsView, chunkLength, stripeLengthsView);
        }
        // Only now: the views are of the slot's memory.
        table.release(request);
    }

    private Action onListBegins(DirectBuffer buffer, int body, int end, boolean whole) {
        if (!hasBlock(ChunkListDecoder.BLOCK_LENGTH)) {
            return malformed("chunk list: block length");
        }
        chunkList.wrap(buffer, body, header.blockLength(), header.version());
        listLength = 0;
        return onListPiece(buffer, body, end - body, whole);
    }

    private Action onListPiece(DirectBuffer buffer, int offset, int length, boolean ends) {
        if (listLength + length > LaneLimits.MAX_LIST_LENGTH * 32) {
            return malformed("chunk list: too long");
        }
        listBuffer.putBytes(listLength, buffer, offset, length);
        listLength += length;
        return ends ? onListEnds() : Action.CONTINUE;
    }

    private Action onListEnds() {
        int groupAt = ChunkListDecoder.BLOCK_LENGTH;
        int entriesAt = groupAt + ChunkListDecoder.ChunksDecoder.sbeHeaderSize();
        chunkList.wrap(listBuffer, 0, ChunkListDecoder.BLOCK_LENGTH, ChunkListDecoder.SCHEMA_VERSION);
        Request request = table.find(chunkList.requestId(), Request.Kind.LIST, connection);
        if (request == null || listLength < entriesAt) {
            return malformed("chunk list: request id or length");
        }
        ChunkListDecoder.ChunksDecoder entries = chunkList.chunks();
        int entryLength = ChunkListDecoder.ChunksDecoder.sbeBlockLength();
        if (entries.actingBlockLength() != entryLength || listLength != entriesAt + entries.count() * entryLength) {
            return malformed("chunk list: count");
        }
        List<ChunkAddress> chunks = new ArrayList<>(entries.count());
        while (entries.hasNext()) {
            entries.next();
            chunks.add(new ChunkAddress(entries.session(), entries.stripe(), entries.chunkIndex()));
        }
        listLength = 0;
        long nextCursor = chunkList.nextCursor();
        long correlationId = request.correlationId;
        if (finish(request)) {
            handler.onChunkList(targetId, correlationId, chunks, nextCursor);
        }
        return Action.CONTINUE;
    }

    @Override
    Action onContinuation(DirectBuffer buffer, int offset, int length, boolean ends) {
        return listLength > 0 ? onListPiece(buffer, offset, length, ends) : onPayload(buffer, offset, length, ends);
    }

    /** Frees the request before its caller hears of it, so that the caller may go on at once with its credit. */
    private boolean finish(Request request) {
        boolean wanted = RequestTable.complete(request);
        table.release(request);
        if (!wanted) {
            counters.increment(TransportCounter.ANSWERS_LATE);
        }
        return wanted;
    }
}
