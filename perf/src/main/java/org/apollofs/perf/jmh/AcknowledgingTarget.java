package org.apollofs.perf.jmh;

import java.io.IOException;
import org.agrona.DirectBuffer;
import org.agrona.collections.LongArrayQueue;
import org.agrona.concurrent.IdleStrategy;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.transport.Lane;
import org.apollofs.transport.LaneServer;
import org.apollofs.transport.Network;
import org.apollofs.transport.RequestHandler;
import org.apollofs.transport.aeron.MediaDrivers;

/** A target on a thread of its own that acknowledges each chunk as soon as it is there, and forgets it. */
final class AcknowledgingTarget implements RequestHandler, AutoCloseable {
    private final LongArrayQueue lanes = new LongArrayQueue(Long.MIN_VALUE);
    private final LongArrayQueue correlations = new LongArrayQueue(Long.MIN_VALUE);
    private final SlabPool pool;
    private final LaneServer server;
    private final Thread thread;
    private volatile boolean running = true;

    AcknowledgingTarget(Network network, int targetId, int credit, int chunkLength) {
        pool = SlabPool.allocate(credit + 1, chunkLength);
        server = network.serve(targetId, credit, this);
        thread = new Thread(this::run, "target");
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    private void run() {
        IdleStrategy idle = MediaDrivers.backoff();
        while (running) {
            idle.idle(server.poll() + acknowledge());
        }
    }

    private int acknowledge() {
        int work = 0;
        while (!lanes.isEmpty()
                && server.chunkWritten(lanes.peekLong(), correlations.peekLong()) != Lane.BACK_PRESSURED) {
            lanes.pollLong();
            correlations.pollLong();
            work++;
        }
        return work;
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
        payload.release();
        lanes.addLong(laneId);
        correlations.addLong(correlationId);
    }

    @Override
    public void onReadChunk(
            long laneId, long correlationId, long session, long stripe, int index, int chunkOffset, int length) {
        throw new IllegalStateException("nothing is read");
    }

    @Override
    public void onDeleteChunk(long laneId, long correlationId, long session, long stripe, int index) {
        throw new IllegalStateException("nothing is deleted");
    }

    @Override
    public void onQueryStatus(long laneId, long correlationId) {
        throw new IllegalStateException("nothing is asked");
    }

    @Override
    public void onListChunks(long laneId, long correlationId, long cursor) {
        throw new IllegalStateException("nothing is asked");
    }

    @Override
    public void close() throws IOException {
        running = false;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        server.close();
        pool.close();
    }
}
