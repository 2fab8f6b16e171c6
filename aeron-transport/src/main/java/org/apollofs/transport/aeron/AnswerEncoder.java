package org.apollofs.transport.aeron;

import io.aeron.DirectBufferVector;
import io.aeron.Publication;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.transport.ChunkAddress;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;
import org.apollofs.transport.LaneLimits;
import org.apollofs.transport.TargetStatus;
import org.apollofs.transport.protocol.ChunkDataEncoder;
import org.apollofs.transport.protocol.ChunkDeletedEncoder;
import org.apollofs.transport.protocol.ChunkListEncoder;
import org.apollofs.transport.protocol.ChunkWrittenEncoder;
import org.apollofs.transport.protocol.CreditEncoder;
import org.apollofs.transport.protocol.FailureEncoder;
import org.apollofs.transport.protocol.MessageHeaderEncoder;
import org.apollofs.transport.protocol.StatusReportEncoder;

/** Encodes answers and offers them. The target's thread only; statuses are Aeron's. */
final class AnswerEncoder {
    private static final UnsafeBuffer NOTHING = new UnsafeBuffer(0, 0);
    private static final int LIST_CAPACITY = MessageHeaderEncoder.ENCODED_LENGTH
            + ChunkListEncoder.BLOCK_LENGTH
            + ChunkListEncoder.ChunksEncoder.sbeHeaderSize()
            + LaneLimits.MAX_LIST_LENGTH * ChunkListEncoder.ChunksEncoder.sbeBlockLength();

    private final UnsafeBuffer scratch = new UnsafeBuffer(new byte[LIST_CAPACITY]);
    private final DirectBufferVector head = new DirectBufferVector();
    private final DirectBufferVector body = new DirectBufferVector();
    private final DirectBufferVector[] message = {head, body};
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final ChunkWrittenEncoder chunkWritten = new ChunkWrittenEncoder();
    private final ChunkDataEncoder chunkData = new ChunkDataEncoder();
    private final ChunkDeletedEncoder chunkDeleted = new ChunkDeletedEncoder();
    private final StatusReportEncoder statusReport = new StatusReportEncoder();
    private final ChunkListEncoder chunkList = new ChunkListEncoder();
    private final FailureEncoder failure = new FailureEncoder();
    private final CreditEncoder credit = new CreditEncoder();

    long chunkWritten(Publication stream, long requestId) {
        chunkWritten.wrapAndApplyHeader(scratch, 0, header).requestId(requestId);
        return offer(stream, chunkWritten.encodedLength());
    }

    /** Offers one part of a range; the payload is copied once, from the slab into the term. */
    long chunkData(
            Publication stream,
            long requestId,
            Slab slab,
            int slabOffset,
            int blockOffset,
            int length,
            DirectBuffer checksums,
            int chunkLength,
            DirectBuffer stripeLengths,
            int partOffset,
            int partLength) {
        chunkData
                .wrapAndApplyHeader(scratch, 0, header)
                .requestId(requestId)
                .blockOffset(blockOffset)
                .rangeLength(length)
                .chunkLength(chunkLength)
                .partOffset(partOffset)
                .partLength(partLength);
        int firstChecksum = partOffset / Lane.CHECKSUM_BLOCK_LENGTH * Integer.BYTES;
        int checksumsLength = LaneLimits.blockCount(partLength) * Integer.BYTES;
        chunkData.putChecksums(checksums, firstChecksum, checksumsLength);
        DirectBuffer lengths = stripeLengths == null || partOffset > 0 ? NOTHING : stripeLengths;
        chunkData.putStripeLengths(lengths, 0, lengths.capacity());
        head.reset(scratch, 0, MessageHeaderEncoder.ENCODED_LENGTH + chunkData.encodedLength());
        body.reset(slab.buffer(), slabOffset + partOffset, partLength);
        return Offers.offer(stream, message);
    }

    long chunkDeleted(Publication stream, long requestId) {
        chunkDeleted.wrapAndApplyHeader(scratch, 0, header).requestId(requestId);
        return offer(stream, chunkDeleted.encodedLength());
    }

    long targetStatus(Publication stream, long requestId, TargetStatus status) {
        statusReport
                .wrapAndApplyHeader(scratch, 0, header)
                .requestId(requestId)
                .targetId(status.targetId())
                .capacityBytes(status.capacityBytes())
                .freeBytes(status.freeBytes())
                .chunkCount(status.chunkCount())
                .writable((short) (status.writable() ? 1 : 0));
        return offer(stream, statusReport.encodedLength());
    }

    long chunkList(Publication stream, long requestId, List<ChunkAddress> chunks, long nextCursor) {
        ChunkListEncoder.ChunksEncoder group = chunkList
                .wrapAndApplyHeader(scratch, 0, header)
                .requestId(requestId)
                .nextCursor(nextCursor)
                .chunksCount(chunks.size());
        for (ChunkAddress chunk : chunks) {
            group.next().session(chunk.session()).stripe(chunk.stripe()).chunkIndex(chunk.index());
        }
        return offer(stream, chunkList.encodedLength());
    }

    long failure(Publication stream, long requestId, ErrorCode code, String message) {
        byte[] text = message.getBytes(StandardCharsets.UTF_8);
        byte[] cut =
                text.length > LaneLimits.MAX_MESSAGE_LENGTH ? Arrays.copyOf(text, LaneLimits.MAX_MESSAGE_LENGTH) : text;
        failure.wrapAndApplyHeader(scratch, 0, header)
                .requestId(requestId)
                .code(WireErrors.toWire(code))
                .putMessage(cut, 0, cut.length);
        return offer(stream, failure.encodedLength());
    }

    long credit(Publication stream, int chunkCredit, int requestCredit) {
        credit.wrapAndApplyHeader(scratch, 0, header).chunkCredit(chunkCredit).requestCredit(requestCredit);
        return offer(stream, credit.encodedLength());
    }

    private long offer(Publication stream, int encodedLength) {
        return Offers.offer(stream, scratch, MessageHeaderEncoder.ENCODED_LENGTH + encodedLength);
    }
}
