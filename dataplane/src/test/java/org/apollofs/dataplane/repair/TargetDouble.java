package org.apollofs.dataplane.repair;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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

/** A target in memory whose chunks can be taken away, damaged, exchanged, and compared. The test's thread only. */
final class TargetDouble implements RequestHandler, AutoCloseable {
    private static final int BLOCK = Lane.CHECKSUM_BLOCK_LENGTH;

    /** A chunk as it lies there. */
    record Stored(byte[] payload, byte[] checksums, byte[] stripeLengths) {
        boolean isSame(Stored other) {
            return other != null
                    && Arrays.equals(payload, other.payload)
                    && Arrays.equals(checksums, other.checksums)
                    && Arrays.equals(stripeLengths, other.stripeLengths);
        }
    }

    final int id;
    final Map<ChunkAddress, Stored> chunks = new TreeMap<>(Comparator.comparingLong(ChunkAddress::session)
            .thenComparingLong(ChunkAddress::stripe)
            .thenComparingInt(ChunkAddress::index));
    /** Names of the chunks written, in order. */
    final List<ChunkAddress> written = new ArrayList<>();

    private final LaneServer server;
    private final SlabPool slabs;
    private final Crc32c crc = new Crc32c();
    long capacity = Long.MAX_VALUE;
    ErrorCode failReads;
    ErrorCode failWrites;
    boolean silent;

    TargetDouble(Network network, int id, int chunkLength) {
        this.id = id;
        this.slabs = SlabPool.allocate(4, chunkLength);
        this.server = network.serve(id, 4, this);
    }

    int poll() {
        return silent ? 0 : server.poll();
    }

    Map<ChunkAddress, Stored> copy() {
        return new HashMap<>(chunks);
    }

    long usedBytes() {
        return chunks.values().stream().mapToLong(chunk -> chunk.payload.length).sum();
    }

    /** Flips a bit of a chunk on the medium. */
    void damage(ChunkAddress address) {
        Stored chunk = chunks.get(address);
        byte[] payload = chunk.payload.clone();
        payload[payload.length / 3] ^= 4;
        chunks.put(address, new Stored(payload, chunk.checksums, chunk.stripeLengths));
    }

    /** Whether a chunk is there and as its checksums say. */
    boolean isRight(ChunkAddress address) {
        Stored chunk = chunks.get(address);
        return chunk != null
                && crc.verifyBlocks(
                                new UnsafeBuffer(chunk.payload),
                                0,
                                chunk.payload.length,
                                BLOCK,
                                new UnsafeBuffer(chunk.checksums),
                                0)
                        == Crc32c.ALL_MATCH;
    }

    /** Puts other bytes there, with checksums that match. */
    void exchange(ChunkAddress address, byte[] payload) {
        UnsafeBuffer bytes = new UnsafeBuffer(payload);
        int count = Crc32c.blockCount(payload.length, BLOCK);
        UnsafeBuffer sums = new UnsafeBuffer(new byte[count * Integer.BYTES]);
        crc.checksumBlocks(bytes, 0, payload.length, BLOCK, sums, 0);
        chunks.put(address, new Stored(payload, sums.byteArray(), chunks.get(address).stripeLengths));
    }

    @Override
    public Slab acquireSlab(int length) {
        return slabs.tryAcquire();
    }

    @Override
    public void onWriteChunk(
            long lane,
            long id0,
            long session,
            long stripe,
            int index,
            Slab payload,
            int length,
            DirectBuffer checksums,
            DirectBuffer stripeLengths) {
        byte[] bytes = new byte[length];
        payload.buffer().getBytes(0, bytes);
        payload.release();
        ChunkAddress address = new ChunkAddress(session, stripe, index);
        Stored before = chunks.get(address);
        long used = usedBytes() - (before == null ? 0 : before.payload.length);
        if (failWrites != null) {
            said(server.error(lane, id0, failWrites, "told to fail: target=" + id));
        } else if (used + length > capacity) {
            said(server.error(lane, id0, ErrorCode.NO_SPACE, "full: target=" + id));
        } else if (crc.verifyBlocks(new UnsafeBuffer(bytes), 0, length, BLOCK, checksums, 0) != Crc32c.ALL_MATCH) {
            said(server.error(lane, id0, ErrorCode.CHECKSUM_MISMATCH, "target=" + id));
        } else {
            chunks.put(address, new Stored(bytes, copy(checksums), copy(stripeLengths)));
            written.add(address);
            said(server.chunkWritten(lane, id0));
        }
    }

    @Override
    public void onReadChunk(long lane, long id0, long session, long stripe, int index, int chunkOffset, int length) {
        Stored chunk = chunks.get(new ChunkAddress(session, stripe, index));
        if (failReads != null) {
            said(server.error(lane, id0, failReads, "told to fail: target=" + id));
        } else if (chunk == null) {
            said(server.error(lane, id0, ErrorCode.NOT_FOUND, "no such chunk: target=" + id));
        } else if (chunkOffset >= chunk.payload.length) {
            said(server.error(lane, id0, ErrorCode.INVALID, "beyond the chunk: target=" + id));
        } else {
            answer(lane, id0, chunk, chunkOffset, length);
        }
    }

    private void answer(long lane, long id0, Stored chunk, int chunkOffset, int length) {
        int from = chunkOffset / BLOCK * BLOCK;
        int until = (int) Math.min(chunk.payload.length, (chunkOffset + (long) length + BLOCK - 1) / BLOCK * BLOCK);
        int blocks = (until - from + BLOCK - 1) / BLOCK;
        Slab slab = slabs.tryAcquire();
        slab.buffer().putBytes(0, chunk.payload, from, until - from);
        said(server.chunkRead(
                lane,
                id0,
                slab,
                0,
                from,
                until - from,
                new UnsafeBuffer(chunk.checksums, from / BLOCK * 4, blocks * 4),
                chunk.payload.length,
                new UnsafeBuffer(chunk.stripeLengths)));
        slab.release();
    }

    @Override
    public void onDeleteChunk(long lane, long id0, long session, long stripe, int index) {
        chunks.remove(new ChunkAddress(session, stripe, index));
        said(server.chunkDeleted(lane, id0));
    }

    @Override
    public void onQueryStatus(long lane, long id0) {
        said(server.targetStatus(
                lane, id0, new TargetStatus(id, capacity, capacity - usedBytes(), chunks.size(), true)));
    }

    @Override
    public void onListChunks(long lane, long id0, long cursor) {
        List<ChunkAddress> all = chunks.keySet().stream()
                .filter(address -> order(address) >= cursor)
                .sorted(Comparator.comparingLong(TargetDouble::order))
                .toList();
        List<ChunkAddress> page = all.subList(0, Math.min(7, all.size()));
        said(server.chunkList(lane, id0, page, page.size() == all.size() ? 0 : order(page.getLast()) + 1));
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
    public void close() {
        server.close();
        slabs.close();
    }
}
