package org.apollofs.dataplane.target;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.transport.ChunkAddress;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;
import org.apollofs.transport.LaneServer;
import org.apollofs.transport.TargetStatus;
import org.junit.jupiter.api.Test;

/** Answers that their lanes have no room for. */
class TargetAnswersTest {
    private static final UnsafeBuffer NONE = new UnsafeBuffer(new byte[0]);

    private final FakeServer server = new FakeServer();
    private final TargetCounters counters = new TargetCounters();
    private final TargetAnswers answers = new TargetAnswers(server, counters, 128 << 10);

    @Test
    void shouldNotLetASlowLaneHoldUpOthers() {
        server.statuses.put(1L, Lane.BACK_PRESSURED);
        for (int i = 0; i < 10; i++) {
            answers.written(1, i);
            answers.written(2, 100 + i);
        }
        assertEquals(10, server.sent.size());
        int tries = server.tries;
        assertEquals(0, answers.doWork());
        assertEquals(1, server.tries - tries, "one try a lane and cycle");
        server.statuses.clear();
        assertEquals(10, answers.doWork());
        assertEquals(20, server.sent.size());
        assertEquals("written 1 0", server.sent.get(10));
        assertEquals("written 1 9", server.sent.get(19));
        assertEquals(10, counters.snapshot().get(TargetCounter.ANSWERS_DEFERRED));
    }

    @Test
    void shouldKeepWhatAReadNeedsUntilItIsSent() {
        try (SlabPool pool = SlabPool.allocate(1, 4096)) {
            server.statuses.put(1L, Lane.NOT_CONNECTED);
            UnsafeBuffer checksums = new UnsafeBuffer(new byte[4]);
            checksums.putInt(0, 77);
            answers.onReadSlab();
            answers.read(1, 5, pool.tryAcquire(), 0, 10, checksums, 10, NONE);
            checksums.putInt(0, 0);
            assertEquals(1, answers.readSlabs());
            server.statuses.clear();
            answers.doWork();
            assertEquals(List.of("read 1 5 sum=77 stripes=0"), server.sent);
            assertEquals(0, answers.readSlabs());
            assertEquals(1, pool.available());
        }
    }

    @Test
    void shouldDropAnswersToLanesThatAreGone() {
        try (SlabPool pool = SlabPool.allocate(2, 4096)) {
            server.statuses.put(1L, Lane.BACK_PRESSURED);
            answers.onReadSlab();
            answers.read(1, 5, pool.tryAcquire(), 0, 10, new UnsafeBuffer(new byte[4]), 10, NONE);
            answers.error(1, 6, ErrorCode.NOT_FOUND, "no such chunk");
            server.statuses.put(1L, Lane.CLOSED);
            assertEquals(2, answers.doWork());
            assertEquals(List.of(), server.sent);
            assertEquals(2, pool.available());
            assertEquals(2, counters.snapshot().get(TargetCounter.ANSWERS_DROPPED));
        }
    }

    /** Takes answers unless a lane has another status. */
    private static final class FakeServer implements LaneServer {
        final Map<Long, Long> statuses = new HashMap<>();
        final List<String> sent = new ArrayList<>();
        int tries;

        private long send(long laneId, String answer) {
            tries++;
            long status = statuses.getOrDefault(laneId, Lane.SENT);
            if (status > 0) {
                sent.add(answer);
            }
            return status;
        }

        @Override
        public int poll() {
            return 0;
        }

        @Override
        public long chunkWritten(long laneId, long correlationId) {
            return send(laneId, "written " + laneId + " " + correlationId);
        }

        @Override
        public long chunkRead(
                long laneId,
                long correlationId,
                Slab slab,
                int slabOffset,
                int blockOffset,
                int length,
                DirectBuffer checksums,
                int chunkLength,
                DirectBuffer stripeLengths) {
            return send(
                    laneId,
                    "read " + laneId + " " + correlationId + " sum=" + checksums.getInt(0) + " stripes="
                            + stripeLengths.capacity());
        }

        @Override
        public long chunkDeleted(long laneId, long correlationId) {
            return send(laneId, "deleted " + laneId + " " + correlationId);
        }

        @Override
        public long targetStatus(long laneId, long correlationId, TargetStatus status) {
            return send(laneId, "status " + laneId + " " + correlationId);
        }

        @Override
        public long chunkList(long laneId, long correlationId, List<ChunkAddress> chunks, long nextCursor) {
            return send(laneId, "list " + laneId + " " + correlationId);
        }

        @Override
        public long error(long laneId, long correlationId, ErrorCode code, String message) {
            return send(laneId, code + " " + laneId + " " + correlationId);
        }

        @Override
        public void close() {
            // Nothing to close.
        }
    }
}
