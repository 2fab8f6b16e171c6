package org.apollofs.dataplane.client;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.DirectBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.transport.Lane;
import org.apollofs.transport.LaneHandler;
import org.apollofs.transport.LaneServer;
import org.apollofs.transport.Network;
import org.apollofs.transport.RequestHandler;

/**
 * Lanes that take each chunk in two parts, as {@link Lane#writeChunk} may: the first call is told to come again, and must
 * come with the same correlation id.
 */
final class PartialNetwork implements Network {
    private final Network network;
    final AtomicInteger resumed = new AtomicInteger();
    final AtomicInteger begunAnew = new AtomicInteger();

    PartialNetwork(Network network) {
        this.network = network;
    }

    @Override
    public Lane connect(int targetId, long session, LaneHandler handler) {
        return new PartialLane(network.connect(targetId, session, handler));
    }

    @Override
    public LaneServer serve(int targetId, int creditChunks, RequestHandler handler) {
        return network.serve(targetId, creditChunks, handler);
    }

    @Override
    public void close() {
        // The network is the site's.
    }

    private record Chunk(long stripe, int index) {}

    private final class PartialLane implements Lane {
        private final Lane lane;
        private final Map<Chunk, Long> partial = new ConcurrentHashMap<>();

        PartialLane(Lane lane) {
            this.lane = lane;
        }

        @Override
        public long writeChunk(
                long correlationId,
                long session,
                long stripe,
                int index,
                DirectBuffer payload,
                int offset,
                int length,
                DirectBuffer checksums,
                DirectBuffer stripeLengths) {
            Long first = partial.putIfAbsent(new Chunk(stripe, index), correlationId);
            if (first == null) {
                return BACK_PRESSURED;
            }
            (first == correlationId ? resumed : begunAnew).incrementAndGet();
            return lane.writeChunk(
                    correlationId, session, stripe, index, payload, offset, length, checksums, stripeLengths);
        }

        @Override
        public long readChunk(
                long correlationId,
                long session,
                long stripe,
                int index,
                int chunkOffset,
                int length,
                Slab destination) {
            return lane.readChunk(correlationId, session, stripe, index, chunkOffset, length, destination);
        }

        @Override
        public long deleteChunk(long correlationId, long session, long stripe, int index) {
            return lane.deleteChunk(correlationId, session, stripe, index);
        }

        @Override
        public long queryStatus(long correlationId) {
            return lane.queryStatus(correlationId);
        }

        @Override
        public long listChunks(long correlationId, long cursor) {
            return lane.listChunks(correlationId, cursor);
        }

        @Override
        public int poll() {
            return lane.poll();
        }

        @Override
        public boolean isConnected() {
            return lane.isConnected();
        }

        @Override
        public int targetId() {
            return lane.targetId();
        }

        @Override
        public void close() {
            lane.close();
        }
    }
}
