package org.apollofs.transport.aeron;

import io.aeron.DirectBufferVector;
import io.aeron.Publication;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.transport.Lane;
import org.apollofs.transport.LaneLimits;
import org.apollofs.transport.protocol.CancelWriteEncoder;
import org.apollofs.transport.protocol.DeleteChunkEncoder;
import org.apollofs.transport.protocol.ListChunksEncoder;
import org.apollofs.transport.protocol.MessageHeaderEncoder;
import org.apollofs.transport.protocol.QueryStatusEncoder;
import org.apollofs.transport.protocol.ReadChunkEncoder;
import org.apollofs.transport.protocol.WriteChunkEncoder;

/** Encodes requests and offers them. One per sending thread: it is scratch memory, and holds nothing between calls. */
final class RequestEncoder {
    private static final UnsafeBuffer NOTHING = new UnsafeBuffer(0, 0);

    private final UnsafeBuffer scratch = new UnsafeBuffer(new byte[Wire.MAX_HEADER_LENGTH]);
    private final DirectBufferVector head = new DirectBufferVector();
    private final DirectBufferVector body = new DirectBufferVector();
    private final DirectBufferVector[] message = {head, body};
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final WriteChunkEncoder writeChunk = new WriteChunkEncoder();
    private final CancelWriteEncoder cancelWrite = new CancelWriteEncoder();
    private final ReadChunkEncoder readChunk = new ReadChunkEncoder();
    private final DeleteChunkEncoder deleteChunk = new DeleteChunkEncoder();
    private final QueryStatusEncoder queryStatus = new QueryStatusEncoder();
    private final ListChunksEncoder listChunks = new ListChunksEncoder();

    /**
     * Offers one part of a chunk. The payload is copied once, into the term.
     *
     * @param offset of the whole chunk in {@code payload}.
     * @return a position, or one of Aeron's negative statuses.
     */
    long writeChunk(
            Publication stream,
            long requestId,
            long session,
            long stripe,
            int index,
            DirectBuffer payload,
            int offset,
            int length,
            DirectBuffer checksums,
            DirectBuffer stripeLengths,
            int partOffset,
            int partLength) {
        writeChunk
                .wrapAndApplyHeader(scratch, 0, header)
                .requestId(requestId)
                .session(session)
                .stripe(stripe)
                .chunkIndex(index)
                .chunkLength(length)
                .partOffset(partOffset)
                .partLength(partLength);
        int firstChecksum = partOffset / Lane.CHECKSUM_BLOCK_LENGTH * Integer.BYTES;
        int checksumsLength = LaneLimits.blockCount(partLength) * Integer.BYTES;
        writeChunk.putChecksums(checksums, firstChecksum, checksumsLength);
        DirectBuffer lengths = stripeLengths == null || partOffset > 0 ? NOTHING : stripeLengths;
        writeChunk.putStripeLengths(lengths, 0, lengths.capacity());
        head.reset(scratch, 0, MessageHeaderEncoder.ENCODED_LENGTH + writeChunk.encodedLength());
        body.reset(payload, offset + partOffset, partLength);
        return Offers.offer(stream, message);
    }

    long cancelWrite(Publication stream, long requestId) {
        cancelWrite.wrapAndApplyHeader(scratch, 0, header).requestId(requestId);
        return offer(stream, cancelWrite.encodedLength());
    }

    long readChunk(
            Publication stream, long requestId, long session, long stripe, int index, int chunkOffset, int length) {
        readChunk
                .wrapAndApplyHeader(scratch, 0, header)
                .requestId(requestId)
                .session(session)
                .stripe(stripe)
                .chunkIndex(index)
                .chunkOffset(chunkOffset)
                .length(length);
        return offer(stream, readChunk.encodedLength());
    }

    long deleteChunk(Publication stream, long requestId, long session, long stripe, int index) {
        deleteChunk
                .wrapAndApplyHeader(scratch, 0, header)
                .requestId(requestId)
                .session(session)
                .stripe(stripe)
                .chunkIndex(index);
        return offer(stream, deleteChunk.encodedLength());
    }

    long queryStatus(Publication stream, long requestId) {
        queryStatus.wrapAndApplyHeader(scratch, 0, header).requestId(requestId);
        return offer(stream, queryStatus.encodedLength());
    }

    long listChunks(Publication stream, long requestId, long cursor) {
        listChunks.wrapAndApplyHeader(scratch, 0, header).requestId(requestId).cursor(cursor);
        return offer(stream, listChunks.encodedLength());
    }

    private long offer(Publication stream, int encodedLength) {
        return Offers.offer(stream, scratch, MessageHeaderEncoder.ENCODED_LENGTH + encodedLength);
    }
}
