package org.apollofs.transport.aeron;

import org.agrona.DirectBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.apollofs.io.buffer.Slab;
import org.apollofs.transport.Lane;
import org.apollofs.transport.LaneLimits;
import org.apollofs.transport.RequestHandler;
import org.apollofs.transport.protocol.CancelWriteDecoder;
import org.apollofs.transport.protocol.DeleteChunkDecoder;
import org.apollofs.transport.protocol.ListChunksDecoder;
import org.apollofs.transport.protocol.QueryStatusDecoder;
import org.apollofs.transport.protocol.ReadChunkDecoder;
import org.apollofs.transport.protocol.WriteChunkDecoder;

/**
 * Requests of one host, as they come out of its image. The payload of a chunk goes from the term straight to its place
 * in a slab of the handler; when there is none, the message stays where it is. The target's thread only.
 */
final class RequestReader extends MessageReader {
    private final long laneId;
    private final UnansweredRequests unanswered;
    private final int maxChunkLength;
    private final RequestHandler handler;
    private final TransportCounters counters;
    private final AssemblyPool assemblies;
    /** Chunks of several parts, by request id. */
    private final Long2ObjectHashMap<WriteAssembly> partial = new Long2ObjectHashMap<>();

    private final WriteChunkDecoder writeChunk = new WriteChunkDecoder();
    private final CancelWriteDecoder cancelWrite = new CancelWriteDecoder();
    private final ReadChunkDecoder readChunk = new ReadChunkDecoder();
    private final DeleteChunkDecoder deleteChunk = new DeleteChunkDecoder();
    private final QueryStatusDecoder queryStatus = new QueryStatusDecoder();
    private final ListChunksDecoder listChunks = new ListChunksDecoder();

    /** The chunk whose part is arriving; null between messages. */
    private WriteAssembly current;

    private int partRemaining;

    /** @param maxChunkLength longest chunk that the handler has slabs for. */
    RequestReader(
            long laneId,
            UnansweredRequests unanswered,
            int maxChunkLength,
            RequestHandler handler,
            TransportCounters counters,
            AssemblyPool assemblies) {
        this.laneId = laneId;
        this.unanswered = unanswered;
        this.maxChunkLength = maxChunkLength;
        this.handler = handler;
        this.counters = counters;
        this.assemblies = assemblies;
    }

    @Override
    Action onMessage(int templateId, DirectBuffer buffer, int body, int end, boolean whole) {
        if (templateId == WriteChunkDecoder.TEMPLATE_ID) {
            return onWriteChunk(buffer, body, end, whole);
        }
        if (!whole) {
            return malformed("fragmented request: template=" + templateId);
        }
        return switch (templateId) {
            case ReadChunkDecoder.TEMPLATE_ID -> onReadChunk(buffer, body);
            case DeleteChunkDecoder.TEMPLATE_ID -> onDeleteChunk(buffer, body);
            case QueryStatusDecoder.TEMPLATE_ID -> onQueryStatus(buffer, body);
            case ListChunksDecoder.TEMPLATE_ID -> onListChunks(buffer, body);
            case CancelWriteDecoder.TEMPLATE_ID -> onCancelWrite(buffer, body);
            default -> malformed("request: template=" + templateId);
        };
    }

    private Action onReadChunk(DirectBuffer buffer, int body) {
        if (!hasBlock(ReadChunkDecoder.BLOCK_LENGTH)) {
            return malformed("read chunk: block length");
        }
        readChunk.wrap(buffer, body, header.blockLength(), header.version());
        boolean inRange = LaneLimits.isAddress(readChunk.session(), readChunk.stripe(), readChunk.chunkIndex())
                && LaneLimits.isRange(readChunk.chunkOffset(), readChunk.length());
        if (!inRange || !begin(readChunk.requestId())) {
            return malformed("read chunk: address, range or request id");
        }
        handler.onReadChunk(
                laneId,
                readChunk.requestId(),
                readChunk.session(),
                readChunk.stripe(),
                readChunk.chunkIndex(),
                readChunk.chunkOffset(),
                readChunk.length());
        return Action.CONTINUE;
    }

    private Action onDeleteChunk(DirectBuffer buffer, int body) {
        if (!hasBlock(DeleteChunkDecoder.BLOCK_LENGTH)) {
            return malformed("delete chunk: block length");
        }
        deleteChunk.wrap(buffer, body, header.blockLength(), header.version());
        boolean inRange = LaneLimits.isAddress(deleteChunk.session(), deleteChunk.stripe(), deleteChunk.chunkIndex());
        if (!inRange || !begin(deleteChunk.requestId())) {
            return malformed("delete chunk: address or request id");
        }
        handler.onDeleteChunk(
                laneId, deleteChunk.requestId(), deleteChunk.session(), deleteChunk.stripe(), deleteChunk.chunkIndex());
        return Action.CONTINUE;
    }

    private Action onQueryStatus(DirectBuffer buffer, int body) {
        if (!hasBlock(QueryStatusDecoder.BLOCK_LENGTH)) {
            return malformed("query status: block length");
        }
        queryStatus.wrap(buffer, body, header.blockLength(), header.version());
        if (!begin(queryStatus.requestId())) {
            return malformed("query status: request id");
        }
        handler.onQueryStatus(laneId, queryStatus.requestId());
        return Action.CONTINUE;
    }

    private Action onListChunks(DirectBuffer buffer, int body) {
        if (!hasBlock(ListChunksDecoder.BLOCK_LENGTH)) {
            return malformed("list chunks: block length");
        }
        listChunks.wrap(buffer, body, header.blockLength(), header.version());
        if (!begin(listChunks.requestId())) {
            return malformed("list chunks: request id");
        }
        handler.onListChunks(laneId, listChunks.requestId(), listChunks.cursor());
        return Action.CONTINUE;
    }

    private Action onCancelWrite(DirectBuffer buffer, int body) {
        if (!hasBlock(CancelWriteDecoder.BLOCK_LENGTH)) {
            return malformed("cancel write: block length");
        }
        cancelWrite.wrap(buffer, body, header.blockLength(), header.version());
        WriteAssembly cancelled = partial.remove(cancelWrite.requestId());
        if (cancelled == null) {
            return malformed("cancel write: request id");
        }
        unanswered.end(cancelled.requestId);
        cancelled.slab.release();
        assemblies.giveBack(cancelled);
        return Action.CONTINUE;
    }

    private Action onWriteChunk(DirectBuffer buffer, int body, int end, boolean whole) {
        if (!hasBlock(WriteChunkDecoder.BLOCK_LENGTH)) {
            return malformed("write chunk: block length");
        }
        writeChunk.wrap(buffer, body, header.blockLength(), header.version());
        int checksumsAt = writeChunk.limit();
        int checksumsLength = Wire.varDataLength(buffer, checksumsAt, end);
        int lengthsAt = checksumsAt + Short.BYTES + checksumsLength;
        int lengthsLength = checksumsLength < 0 ? -1 : Wire.varDataLength(buffer, lengthsAt, end);
        if (lengthsLength < 0 || !isPart(checksumsLength, lengthsLength)) {
            return malformed("write chunk: address or a length");
        }
        WriteAssembly assembly = partial.get(writeChunk.requestId());
        if (assembly != null) {
            if (!continues(assembly)) {
                return malformed("write chunk: part out of order");
            }
        } else {
            if (writeChunk.partOffset() != 0 || !unanswered.isFree(writeChunk.requestId())) {
                return malformed("write chunk: request id");
            }
            Slab slab = handler.acquireSlab(writeChunk.chunkLength());
            if (slab == null) {
                counters.increment(TransportCounter.SLAB_RETRIES);
                return Action.ABORT;
            }
            assembly = beginWrite(slab);
            int lengthsLimit = lengthsAt + Short.BYTES + lengthsLength;
            buffer.getBytes(lengthsLimit - lengthsLength, assembly.stripeLengths, 0, lengthsLength);
            assembly.stripeLengthsView.wrap(assembly.stripeLengths, 0, lengthsLength);
        }
        int firstChecksum = writeChunk.partOffset() / Lane.CHECKSUM_BLOCK_LENGTH * Integer.BYTES;
        buffer.getBytes(checksumsAt + Short.BYTES, assembly.checksums, firstChecksum, checksumsLength);
        current = assembly;
        partRemaining = writeChunk.partLength();
        int payloadAt = lengthsAt + Short.BYTES + lengthsLength;
        return onContinuation(buffer, payloadAt, end - payloadAt, whole);
    }

    /** What a part says about itself, before anything is taken or copied. */
    private boolean isPart(int checksumsLength, int stripeLengthsLength) {
        int chunkLength = writeChunk.chunkLength();
        int partOffset = writeChunk.partOffset();
        int partLength = writeChunk.partLength();
        boolean named = LaneLimits.isAddress(writeChunk.session(), writeChunk.stripe(), writeChunk.chunkIndex());
        if (!named || chunkLength < 1 || chunkLength > maxChunkLength || partLength < 1 || partOffset < 0) {
            return false;
        }
        boolean lengthsFit =
                LaneLimits.isStripeLengthsLength(stripeLengthsLength) && (partOffset == 0 || stripeLengthsLength == 0);
        boolean isWhole = partLength <= chunkLength - partOffset
                && (partLength % Lane.CHECKSUM_BLOCK_LENGTH == 0 || partOffset + partLength == chunkLength);
        return lengthsFit && isWhole && checksumsLength == LaneLimits.blockCount(partLength) * Integer.BYTES;
    }

    private boolean continues(WriteAssembly assembly) {
        return writeChunk.partOffset() == assembly.receivedLength
                && writeChunk.chunkLength() == assembly.chunkLength
                && writeChunk.session() == assembly.session
                && writeChunk.stripe() == assembly.stripe
                && writeChunk.chunkIndex() == assembly.index;
    }

    private WriteAssembly beginWrite(Slab slab) {
        WriteAssembly assembly = assemblies.take();
        assembly.requestId = writeChunk.requestId();
        assembly.session = writeChunk.session();
        assembly.stripe = writeChunk.stripe();
        assembly.index = writeChunk.chunkIndex();
        assembly.chunkLength = writeChunk.chunkLength();
        assembly.receivedLength = 0;
        assembly.slab = slab;
        unanswered.begin(assembly.requestId);
        counters.increment(TransportCounter.REQUESTS_RECEIVED);
        if (assembly.chunkLength > writeChunk.partLength()) {
            partial.put(assembly.requestId, assembly);
        }
        return assembly;
    }

    @Override
    Action onContinuation(DirectBuffer buffer, int offset, int length, boolean ends) {
        WriteAssembly assembly = current;
        if (length > partRemaining || (ends && length != partRemaining)) {
            // Of the chunk of one part nobody else knows.
            partial.put(assembly.requestId, assembly);
            return malformed("write chunk: more or less payload than said");
        }
        assembly.slab.buffer().putBytes(assembly.receivedLength, buffer, offset, length);
        assembly.receivedLength += length;
        partRemaining -= length;
        if (ends) {
            current = null;
            if (assembly.receivedLength == assembly.chunkLength) {
                onChunkArrived(assembly);
            }
        }
        return Action.CONTINUE;
    }

    private void onChunkArrived(WriteAssembly assembly) {
        int chunkLength = assembly.chunkLength;
        partial.remove(assembly.requestId);
        counters.add(TransportCounter.PAYLOAD_RECEIVED, chunkLength);
        assembly.checksumsView.wrap(assembly.checksums, 0, LaneLimits.blockCount(chunkLength) * Integer.BYTES);
        Slab slab = assembly.slab;
        assembly.slab = null;
        handler.onWriteChunk(
                laneId,
                assembly.requestId,
                assembly.session,
                assembly.stripe,
                assembly.index,
                slab,
                chunkLength,
                assembly.checksumsView,
                assembly.stripeLengthsView);
        assemblies.giveBack(assembly);
    }

    private boolean begin(long requestId) {
        if (!unanswered.isFree(requestId)) {
            return false;
        }
        unanswered.begin(requestId);
        counters.increment(TransportCounter.REQUESTS_RECEIVED);
        return true;
    }

    /** Gives back the slabs of chunks that will never be whole. The lane has ended. */
    void releaseSlabs() {
        if (current != null) {
            partial.put(current.requestId, current);
            current = null;
        }
        for (WriteAssembly assembly : partial.values()) {
            assembly.slab.release();
            assemblies.giveBack(assembly);
        }
        partial.clear();
    }
}
