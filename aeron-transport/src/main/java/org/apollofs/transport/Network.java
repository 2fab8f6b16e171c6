package org.apollofs.transport;

/**
 * Where lanes come from: Aeron in production, memory in tests and in the simulator.
 *
 * <p>Thread-safe. Lanes and servers are closed before the network.
 */
public interface Network extends AutoCloseable {
    /**
     * Opens a lane to a target; it connects, and connects again, in its {@link Lane#poll()}.
     *
     * @param targetId target of the site's profile.
     * @param session the host's writer session, said in the hello.
     */
    Lane connect(int targetId, long session, LaneHandler handler);

    /** Serves a target's lanes. @param creditChunks chunk writes that may be on their way to it, over all hosts. */
    LaneServer serve(int targetId, int creditChunks, RequestHandler handler);

    @Override
    void close();
}
