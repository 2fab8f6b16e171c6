package org.apollofs.dataplane.client;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.checksum.Crc32c;
import org.apollofs.transport.ChunkAddress;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;
import org.apollofs.transport.LaneServer;
import org.apollofs.transport.Network;
import org.apollofs.transport.RequestHandler;
import org.apollofs.transport.TargetStatus;

/** A target in memory, with faults to be switched on. Polled by one thread; switches and questions by any. */
final class MemoryTarget implements RequestHandler, AutoCloseable {
    private static final int BLOCK = Lane.CHECKSUM_BLOCK_LENGTH;

    private record Stored(byte[] payload, byte[] checksums, byte[] stripeLengths) {}

    final int id;
    private final LaneServer server;
    private final SlabPool slabs;
    private final Crc32c crc = new Crc32c();
    private final Map<ChunkAddress, Stored> chunks = new HashMap<>();
    private long used;

    volatile long capacity = Long.MAX_VALUE / 4;
    volatile ErrorCode failWrites;
    volatile ErrorCode failReads;
    volatile boolean corruptReads;
    volatile boolean silent;
    /** Keeps reads and questions for its status, and answers them once it does so no more. */
    volatile boolean holds;

    private final Queue<Runnable> held = new ConcurrentLinkedQueue<>();
    final AtomicInteger failNextWrites = new AtomicInteger();

    MemoryTarget(Network network, int id, int chunkLength) {
        this.id = id;
        this.slabs = SlabPool.allocate(4, Math.max(chunkLength, 4096));
        this.server = network.serve(id, 4, this);
    }

    synchronized int poll() {
        int work = server.poll();
        while (!holds && !held.isEmpty()) {
            held.remove().run();
            work++;
        }
        return work;
    }

    int heldCount() {
        return held.size();
    }

    synchronized int chunkCount() {
        return chunks.size();
    }

    synchronized List<ChunkAddress> addresses() {
        return new ArrayList<>(chunks.keySet());
    }

    synchronized long usedBytes() {
        return used;
    }

    synchronized void lose(ChunkAddress address) {
        chunks.remove(address);
    }

    synchronized void put(ChunkAddress address, byte[] payload) {
        used += payload.length;
        chunks.put(address, new Stored(payload, new byte[4 * (payload.length + BLOCK - 1) / BLOCK], new byte[0]));
    }

    @Override
    public Slab acquireSlab(int length) {
        return slabs.tryAcquire();
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
        try {
            if (silent) {
                return;
            }
            if (failNextWrites.get() > 0) {
                failNextWrites.decrementAndGet();
                said(server.error(laneId, correlationId, ErrorCode.IO_ERROR, "told to fail once: target=" + id));
            } else if (failWrites != null) {
                said(server.error(laneId, correlationId, failWrites, "told to fail: target=" + id));
            } else if (used + length > capacity) {
                said(server.error(laneId, correlationId, ErrorCode.NO_SPACE, "full: target=" + id));
            } else if (crc.verifyBlocks(payload.buffer(), 0, length, BLOCK, checksums, 0) != Crc32c.ALL_MATCH) {
                said(server.error(laneId, correlationId, ErrorCode.CHECKSUM_MISMATCH, "target=" + id));
            } else {
                byte[] bytes = new byte[length];
                payload.buffer().getBytes(0, bytes);
                Stored before = chunks.put(
                        new ChunkAddress(session, stripe, index),
                        new Stored(bytes, copy(checksums), copy(stripeLengths)));
                if (before != null) {
                    throw new IllegalStateException("a chunk was written twice: target=" + id + ", stripe=" + stripe);
                }
                used += length;
                said(server.chunkWritten(laneId, correlationId));
            }
        } finally {
            payload.release();
        }
    }

    @Override
    public void onReadChunk(
            long laneId, long correlationId, long session, long stripe, int index, int chunkOffset, int length) {
        if (silent) {
            return;
        }
        if (holds) {
            held.add(() -> onReadChunk(laneId, correlationId, session, stripe, index, chunkOffset, length));
            return;
        }
        Stored chunk = chunks.get(new ChunkAddress(session, stripe, index));
        if (failReads != null) {
            said(server.error(laneId, correlationId, failReads, "told to fail: target=" + id));
        } else if (chunk == null) {
            said(server.error(laneId, correlationId, ErrorCode.NOT_FOUND, "no such chunk: target=" + id));
        } else if (chunkOffset >= chunk.payload.length) {
            said(server.error(laneId, correlationId, ErrorCode.INVALID, "beyond the chunk: target=" + id));
        } else {
            answer(laneId, correlationId, chunk, chunkOffset, length);
        }
    }

    private void answer(long laneId, long correlationId, Stored chunk, int chunkOffset, int length) {
        int from = chunkOffset / BLOCK * BLOCK;
        int until = Math.min(chunk.payload.length, (chunkOffset + length + BLOCK - 1) / BLOCK * BLOCK);
        Slab slab = slabs.tryAcquire();
        try {
            slab.buffer().putBytes(0, chunk.payload, from, until - from);
            if (corruptReads) {
                slab.buffer().putByte((until - from) / 2, (byte) ~slab.buffer().getByte((until - from) / 2));
            }
            int blocks = (until - from + BLOCK - 1) / BLOCK;
            said(server.chunkRead(
                    laneId,
                    correlationId,
                    slab,
                    0,
                    from,
                    until - from,
                    new UnsafeBuffer(chunk.checksums, from / BLOCK * 4, blocks * 4),
                    chunk.payload.length,
                    new UnsafeBuffer(chunk.stripeLengths)));
        } finally {
            slab.release();
        }
    }

    @Override
    public void onDeleteChunk(long laneId, long correlationId, long session, long stripe, int index) {
        if (silent) {
            return;
        }
        Stored gone = chunks.remove(new ChunkAddress(session, stripe, index));
        used -= gone == null ? 0 : gone.payload.length;
        said(server.chunkDeleted(laneId, correlationId));
    }

    @Override
    public void onQueryStatus(long laneId, long correlationId) {
        if (holds) {
            held.add(() -> onQueryStatus(laneId, correlationId));
        } else if (!silent) {
            TargetStatus status = new TargetStatus(id, capacity, capacity - used, chunks.size(), true);
            said(server.targetStatus(laneId, correlationId, status));
        }
    }

    @Override
    public void onListChunks(long laneId, long correlationId, long cursor) {
        // In order of name, the cursor being the last one given plus one: pages stay right beside deletes.
        List<ChunkAddress> rest = new ArrayList<>();
        for (ChunkAddress address : chunks.keySet()) {
            if (order(address) >= cursor) {
                rest.add(address);
            }
        }
        rest.sort(Comparator.comparingLong(MemoryTarget::order));
        List<ChunkAddress> page = rest.subList(0, Math.min(3, rest.size()));
        long next = page.size() == rest.size() ? 0 : order(page.getLast()) + 1;
        said(server.chunkList(laneId, correlationId, page, next));
    }

    private static long order(ChunkAddress address) {
        return (address.session() << 40) + (address.stripe() << 8) + address.index();
    }

    private static void said(long status) {
        if (status != Lane.SENT && status != Lane.CLOSED) {
            throw new IllegalStateException("answer not taken: status=" + status);
        }
    }

    private static byte[] copy(DirectBuffer buffer) {
        byte[] bytes = new byte[buffer == null ? 0 : buffer.capacity()];
        if (bytes.length > 0) {
            buffer.getBytes(0, bytes);
        }
        return bytes;
    }

    @Override
    public synchronized void close() {
        server.close();
        slabs.close();
    }
}
