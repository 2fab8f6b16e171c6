package org.apollofs.perf.kv;

import io.aeron.ExclusivePublication;
import io.aeron.Image;
import io.aeron.cluster.codecs.CloseReason;
import io.aeron.cluster.service.ClientSession;
import io.aeron.cluster.service.Cluster;
import io.aeron.cluster.service.ClusteredService;
import io.aeron.logbuffer.Header;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.IdleStrategy;

/** Answers each message with its first 8 bytes, its number. One thread, the container's. */
final class EchoService implements ClusteredService {
    private static final int ATTEMPTS = 1_000;
    private Cluster cluster;

    @Override
    public void onStart(Cluster startedCluster, Image snapshotImage) {
        cluster = startedCluster;
    }

    @Override
    public void onSessionMessage(
            ClientSession session, long timestamp, DirectBuffer buffer, int offset, int length, Header header) {
        if (session == null) {
            return;
        }
        IdleStrategy idle = cluster.idleStrategy();
        idle.reset();
        for (int i = 0; i < ATTEMPTS && session.offer(buffer, offset, Long.BYTES) < 0; i++) {
            idle.idle();
        }
    }

    @Override
    public void onSessionOpen(ClientSession session, long timestamp) {
        // Nothing is kept of a session.
    }

    @Override
    public void onSessionClose(ClientSession session, long timestamp, CloseReason closeReason) {
        // Nothing is kept of a session.
    }

    @Override
    public void onTimerEvent(long correlationId, long timestamp) {
        // There are no timers.
    }

    @Override
    public void onTakeSnapshot(ExclusivePublication snapshotPublication) {
        // There is no state.
    }

    @Override
    public void onRoleChange(Cluster.Role newRole) {
        // The container answers only where it leads.
    }

    @Override
    public void onTerminate(Cluster terminatedCluster) {
        // There is nothing to close.
    }
}
