package org.apollofs.transport.aeron;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.aeron.logbuffer.Header;
import io.aeron.protocol.DataHeaderFlyweight;
import java.util.Random;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.transport.LaneLimits;
import org.apollofs.transport.RequestHandler;
import org.apollofs.transport.protocol.CancelWriteDecoder;
import org.apollofs.transport.protocol.DeleteChunkDecoder;
import org.apollofs.transport.protocol.ListChunksDecoder;
import org.apollofs.transport.protocol.MessageHeaderDecoder;
import org.apollofs.transport.protocol.QueryStatusDecoder;
import org.apollofs.transport.protocol.ReadChunkDecoder;
import org.apollofs.transport.protocol.WriteChunkDecoder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bytes from a broken host before the reader of requests: what is not in range ends the lane, and nothing else. */
@Timeout(60)
final class ForeignRequestsTest {
    private static final int ROUNDS = Integer.getInteger("apollo.rounds", 20_000);
    private static final int CHUNK = 64 << 10;
    private static final int BLOCK = 4096;
    /** Templates of requests, and the lengths of their blocks. */
    private static final int[][] REQUESTS = {
        {WriteChunkDecoder.TEMPLATE_ID, WriteChunkDecoder.BLOCK_LENGTH},
        {ReadChunkDecoder.TEMPLATE_ID, ReadChunkDecoder.BLOCK_LENGTH},
        {DeleteChunkDecoder.TEMPLATE_ID, DeleteChunkDecoder.BLOCK_LENGTH},
        {QueryStatusDecoder.TEMPLATE_ID, QueryStatusDecoder.BLOCK_LENGTH},
        {ListChunksDecoder.TEMPLATE_ID, ListChunksDecoder.BLOCK_LENGTH},
        {CancelWriteDecoder.TEMPLATE_ID, CancelWriteDecoder.BLOCK_LENGTH}
    };

    private final long seed = Long.getLong("apollo.seed", 20261129);
    private final Random random = new Random(seed);
    private final SlabPool pool = SlabPool.allocate(4, CHUNK);
    private int requests;

    private final RequestHandler handler = new RequestHandler() {
        @Override
        public Slab acquireSlab(int length) {
            assertTrue(length > 0 && length <= CHUNK);
            return pool.tryAcquire();
        }

        @Override
        public void onWriteChunk(
                long laneId,
                long correlationId,
                long session,
                long stripe,
                int index,
                Slab payload,
                int length,
                DirectBuffer checksums,
                DirectBuffer stripeLengths) {
            assertTrue(LaneLimits.isAddress(session, stripe, index) && length > 0 && length <= CHUNK);
            assertTrue(checksums.capacity() <= BLOCK && stripeLengths.capacity() <= BLOCK);
            payload.release();
            requests++;
        }

        @Override
        public void onReadChunk(
                long laneId, long correlationId, long session, long stripe, int index, int chunkOffset, int length) {
            assertTrue(LaneLimits.isAddress(session, stripe, index) && LaneLimits.isRange(chunkOffset, length));
            requests++;
        }

        @Override
        public void onDeleteChunk(long laneId, long correlationId, long session, long stripe, int index) {
            assertTrue(LaneLimits.isAddress(session, stripe, index));
            requests++;
        }

        @Override
        public void onQueryStatus(long laneId, long correlationId) {
            requests++;
        }

        @Override
        public void onListChunks(long laneId, long correlationId, long cursor) {
            requests++;
        }
    };

    private RequestReader newReader() {
        return new RequestReader(
                1, new UnansweredRequests(64), CHUNK, handler, new TransportCounters(), new AssemblyPool());
    }

    @Test
    void shouldEndTheLaneAndNothingElse() {
        System.out.println("seed=" + seed);
        UnsafeBuffer frame = new UnsafeBuffer(new byte[DataHeaderFlyweight.HEADER_LENGTH + BLOCK]);
        Header header = new Header(0, 0);
        header.buffer(frame).offset(0);
        int ended = 0;
        RequestReader reader = newReader();
        for (int round = 0; round < ROUNDS; round++) {
            int length = random.nextInt(random.nextInt(8) == 0 ? BLOCK : 120);
            fill(frame, length);
            reader.onFragment(frame, DataHeaderFlyweight.HEADER_LENGTH, length, header);
            reader.throwFailure();
            if (reader.malformed() != null) {
                ended++;
                reader = newReader();
            }
        }
        assertTrue(ended > 0 && requests > 0, "ended=" + ended + ", requests=" + requests);
    }

    /** Half of it chance, half of it small numbers at their places. */
    private void fill(UnsafeBuffer frame, int length) {
        int body = DataHeaderFlyweight.HEADER_LENGTH;
        for (int at = body; at + Long.BYTES <= frame.capacity(); at += Long.BYTES) {
            frame.putLong(at, random.nextBoolean() ? random.nextLong() : random.nextInt(70) | 1L << 32, LITTLE_ENDIAN);
        }
        frame.putByte(
                DataHeaderFlyweight.FLAGS_FIELD_OFFSET, random.nextInt(4) == 0 ? (byte) random.nextInt() : (byte) 0xC0);
        if (length >= MessageHeaderDecoder.ENCODED_LENGTH) {
            int[] request = REQUESTS[random.nextInt(REQUESTS.length)];
            boolean lies = random.nextInt(8) == 0;
            frame.putShort(body, (short) (lies ? random.nextInt() : request[1]), LITTLE_ENDIAN);
            frame.putShort(body + 2, (short) (random.nextInt(20) == 0 ? random.nextInt() : request[0]), LITTLE_ENDIAN);
            frame.putShort(body + 4, (short) MessageHeaderDecoder.SCHEMA_ID, LITTLE_ENDIAN);
            frame.putShort(body + 6, (short) MessageHeaderDecoder.SCHEMA_VERSION, LITTLE_ENDIAN);
        }
    }
}
