package org.apollofs.transport.memory;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.apollofs.transport.Lane;
import org.apollofs.transport.LaneHandler;
import org.apollofs.transport.LaneServer;
import org.apollofs.transport.Network;
import org.apollofs.transport.RequestHandler;

/**
 * A {@link Network} inside one process, for tests and for the simulator: no thread, no driver, and nothing moves but in
 * {@link Lane#poll()} and {@link LaneServer#poll()}, so one thread that polls them in a fixed order gives a fixed run.
 * It allocates per message.
 *
 * <p>Thread-safe as the interfaces say. Faults are made by {@link #disconnect} and {@link #isolate}; a slow target is
 * one whose server is not polled.
 */
public final class InMemoryNetwork implements Network {
    /** Requests other than chunk writes that a lane may have unanswered. */
    static final int REQUEST_CREDIT = 64;

    private final NanoClock clock;
    private final long requestTimeoutNs;
    private final Map<Integer, MemoryServer> servers = new ConcurrentHashMap<>();
    private final Set<Integer> isolated = ConcurrentHashMap.newKeySet();

    /** With the machine's clock and a request deadline of ten seconds. */
    public InMemoryNetwork() {
        this(SystemNanoClock.INSTANCE, TimeUnit.SECONDS.toNanos(10));
    }

    /**
     * @param clock for request deadlines.
     * @param requestTimeoutNs after which an unanswered request fails with UNREACHABLE.
     */
    public InMemoryNetwork(NanoClock clock, long requestTimeoutNs) {
        this.clock = clock;
        this.requestTimeoutNs = requestTimeoutNs;
    }

    @Override
    public Lane connect(int targetId, long session, LaneHandler handler) {
        return new MemoryLane(this, targetId, handler);
    }

    /** @throws IllegalStateException if the target is served already. */
    @Override
    public LaneServer serve(int targetId, int creditChunks, RequestHandler handler) {
        if (creditChunks < 1) {
            throw new IllegalArgumentException("serve: target=" + targetId + ", creditChunks=" + creditChunks);
        }
        MemoryServer server = new MemoryServer(this, targetId, creditChunks, handler);
        if (servers.putIfAbsent(targetId, server) != null) {
            throw new IllegalStateException("target is served already: target=" + targetId);
        }
        return server;
    }

    /** Breaks all lanes of a target, as a lost link does; they connect again in their next poll. Any thread. */
    public void disconnect(int targetId) {
        MemoryServer server = servers.get(targetId);
        if (server != null) {
            server.disconnectAll();
        }
    }

    /** Breaks all lanes of a target and lets none connect until {@code isolated} is false. Any thread. */
    public void isolate(int targetId, boolean isolated) {
        if (isolated) {
            this.isolated.add(targetId);
            disconnect(targetId);
        } else {
            this.isolated.remove(targetId);
        }
    }

    @Override
    public void close() {
        servers.values().forEach(MemoryServer::close);
    }

    MemoryServer reachable(int targetId) {
        return isolated.contains(targetId) ? null : servers.get(targetId);
    }

    void remove(int targetId, MemoryServer server) {
        servers.remove(targetId, server);
    }

    long nowNs() {
        return clock.nanoTime();
    }

    long requestTimeoutNs() {
        return requestTimeoutNs;
    }
}
