package org.apollofs.transport;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;

/** A target that keeps chunks in a map, and answers when it is told to: used by the thread that polls the server. */
public final class MapTarget implements RequestHandler {
    private record Key(long session, long stripe, int index) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            int bySession = Long.compare(session, other.session);
            int byStripe = bySession != 0 ? bySession : Long.compare(stripe, other.stripe);
            return byStripe != 0 ? byStripe : Integer.compare(index, other.index);
        }
    }

    private record Chunk(byte[] payload, byte[] checksums, byte[] stripeLengths) {}

    private static final int PAGE = 3;

    private final int targetId;
    private final SlabPool pool;
    private final TreeMap<Key, Chunk> chunks = new TreeMap<>();
    private final Deque<LongSupplier> answers = new ArrayDeque<>();
    private LaneServer server;

    /** While false, answers are kept back. */
    public volatile boolean answering = true;
    /** Most answers kept back at any time. */
    public int mostKept;

    public int refusedAnswers;
    /** If set, what every list request is answered with. */
    public List<ChunkAddress> listed;
    /** If set, every delete fails with it. */
    public String errorMessage;

    public int writes;

    public MapTarget(int targetId, SlabPool pool) {
        this.targetId = targetId;
        this.pool = pool;
    }

    public void server(LaneServer server) {
        this.server = server;
    }

    /** Sends what can be sent. */
    public int answer() {
        int work = 0;
        while (answering && !answers.isEmpty()) {
            long status = answers.peek().getAsLong();
            if (status == Lane.BACK_PRESSURED || status == Lane.NOT_CONNECTED) {
                break;
            }
            if (status == Lane.CLOSED) {
                refusedAnswers++;
            }
            answers.remove();
            work++;
        }
        return work;
    }

    public int kept() {
        return answers.size();
    }

    private void later(LongSupplier answer) {
        answers.add(answer);
        mostKept = Math.max(mostKept, answers.size());
    }

    @Override
    public Slab acquireSlab(int length) {
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
        writes++;
        Chunk chunk = new Chunk(
                RecordingHost.bytes(payload.buffer(), length),
                RecordingHost.bytes(checksums, checksums.capacity()),
                RecordingHost.bytes(stripeLengths, stripeLengths.capacity()));
        later(() -> {
            long status = server.chunkWritten(laneId, correlationId);
            if (status == Lane.SENT || status == Lane.CLOSED) {
                chunks.put(new Key(session, stripe, index), chunk);
                payload.release();
            }
            return status;
        });
    }

    @Override
    public void onReadChunk(
            long laneId, long correlationId, long session, long stripe, int index, int chunkOffset, int length) {
        later(() -> {
            Chunk chunk = chunks.get(new Key(session, stripe, index));
            if (chunk == null || chunkOffset >= chunk.payload.length) {
                ErrorCode code = chunk == null ? ErrorCode.NOT_FOUND : ErrorCode.INVALID;
                return server.error(laneId, correlationId, code, "no such range: stripe=" + stripe);
            }
            Slab slab = pool.tryAcquire();
            if (slab == null) {
                return Lane.BACK_PRESSURED;
            }
            int block = Lane.CHECKSUM_BLOCK_LENGTH;
            int from = chunkOffset / block * block;
            long end = ((long) chunkOffset + length + block - 1) / block * block;
            int to = (int) Math.min(end, chunk.payload.length);
            // Not at the slab's beginning: the offset counts too.
            int slabOffset = slab.capacity() - (to - from);
            slab.buffer().putBytes(slabOffset, chunk.payload, from, to - from);
            int first = from / block * Integer.BYTES;
            UnsafeBuffer checksums = new UnsafeBuffer(chunk.checksums, first, chunk.checksums.length - first);
            UnsafeBuffer stripeLengths = new UnsafeBuffer(chunk.stripeLengths);
            long status = server.chunkRead(
                    laneId,
                    correlationId,
                    slab,
                    slabOffset,
                    from,
                    to - from,
                    checksums,
                    chunk.payload.length,
                    stripeLengths);
            slab.release();
            return status;
        });
    }

    @Override
    public void onDeleteChunk(long laneId, long correlationId, long session, long stripe, int index) {
        later(() -> {
            if (errorMessage != null) {
                return server.error(laneId, correlationId, ErrorCode.IO_ERROR, errorMessage);
            }
            long status = server.chunkDeleted(laneId, correlationId);
            if (status == Lane.SENT) {
                chunks.remove(new Key(session, stripe, index));
            }
            return status;
        });
    }

    @Override
    public void onQueryStatus(long laneId, long correlationId) {
        later(() -> server.targetStatus(
                laneId, correlationId, new TargetStatus(targetId, 1L << 50, 1L << 49, chunks.size(), true)));
    }

    @Override
    public void onListChunks(long laneId, long correlationId, long cursor) {
        later(() -> {
            if (listed != null) {
                return server.chunkList(laneId, correlationId, listed, 77);
            }
            List<ChunkAddress> page = new ArrayList<>();
            List<Key> keys = new ArrayList<>(chunks.keySet());
            int i = (int) cursor;
            for (; i < keys.size() && page.size() < PAGE; i++) {
                Key key = keys.get(i);
                page.add(new ChunkAddress(key.session, key.stripe, key.index));
            }
            return server.chunkList(laneId, correlationId, page, i < keys.size() ? i : 0);
        });
    }
}
