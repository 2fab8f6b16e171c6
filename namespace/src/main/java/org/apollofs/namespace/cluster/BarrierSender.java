package org.apollofs.namespace.cluster;

import io.aeron.Aeron;
import io.aeron.cluster.client.AeronCluster;
import io.aeron.exceptions.AeronException;
import io.aeron.security.CredentialsSupplier;
import org.agrona.CloseHelper;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.YieldingIdleStrategy;
import org.apollofs.namespace.state.IdentityClaim;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member's own session of its cluster, over which it puts {@link ReadBarrier}s, {@link SpaceNotice}s and
 * {@link ClaimNotice}s into the log. One thread.
 */
final class BarrierSender implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BarrierSender.class);
    private static final long KEEP_ALIVE_NS = 1_000_000_000L;
    private static final long RECONNECT_NS = 100_000_000L;
    /** An attempt that took too long is followed by one that may take twice as long. */
    private static final long CONNECT_NS = 2_000_000_000L;

    private static final long MAX_CONNECT_NS = 32 * CONNECT_NS;

    private final NamespaceMemberContext ctx;
    private final ReadBarrier barrier;
    private final UnsafeBuffer message = new UnsafeBuffer(new byte[Math.max(ReadBarrier.LENGTH, ClaimNotice.LENGTH)]);
    private AeronCluster.AsyncConnect connecting;
    private AeronCluster cluster;
    private long connectNs = CONNECT_NS;
    private long reconnectNs;
    private long lastSentNs;

    BarrierSender(NamespaceMemberContext ctx, ReadBarrier barrier) {
        this.ctx = ctx;
        this.barrier = barrier;
        reconnectNs = ctx.nanoClock().nanoTime();
    }

    /** Connects, and keeps connected. */
    int poll(Aeron aeron, long now) {
        if (cluster == null) {
            return connect(aeron, now);
        }
        int work = cluster.pollEgress();
        if (cluster.isClosed()) {
            cluster = null;
            reconnectNs = now + RECONNECT_NS;
        } else if (now - lastSentNs > KEEP_ALIVE_NS && cluster.sendKeepAlive()) {
            lastSentNs = now;
        }
        return work;
    }

    /** Sends a mark. @return false if that is not possible now. */
    boolean send(long number, long now) {
        barrier.put(message, number);
        return send(ReadBarrier.LENGTH, now);
    }

    /** Sends a notice. @return false if that is not possible now. */
    boolean send(boolean isSpaceLow, long now) {
        SpaceNotice.put(message, isSpaceLow);
        return send(SpaceNotice.LENGTH, now);
    }

    /** Sends a claim. @return false if that is not possible now. */
    boolean send(IdentityClaim claim, long now) {
        ClaimNotice.put(message, claim);
        return send(ClaimNotice.LENGTH, now);
    }

    private boolean send(int length, long now) {
        if (cluster == null || cluster.offer(message, 0, length) <= 0) {
            return false;
        }
        lastSentNs = now;
        return true;
    }

    private int connect(Aeron aeron, long now) {
        if (connecting == null) {
            if (now - reconnectNs < 0) {
                return 0;
            }
            connecting = AeronCluster.asyncConnect(context(aeron));
        }
        try {
            cluster = connecting.poll();
        } catch (AeronException e) {
            LOG.debug("namespace reads: {}", e.getMessage());
            CloseHelper.quietClose(connecting);
            connecting = null;
            connectNs = Math.min(2 * connectNs, MAX_CONNECT_NS);
            reconnectNs = now + RECONNECT_NS;
            return 1;
        }
        if (cluster == null) {
            return 0;
        }
        connecting = null;
        connectNs = CONNECT_NS;
        lastSentNs = now;
        return 1;
    }

    private AeronCluster.Context context(Aeron aeron) {
        CredentialsSupplier credentials = ctx.credentialsSupplier();
        AeronCluster.Context context = new AeronCluster.Context()
                .aeron(aeron)
                .ownsAeronClient(false)
                .clientName("namespace-reads")
                .idleStrategy(YieldingIdleStrategy.INSTANCE)
                .messageTimeoutNs(connectNs)
                .credentialsSupplier(credentials)
                .errorHandler(e -> LOG.debug("namespace reads: {}", e.getMessage()))
                .egressListener((session, timestamp, buffer, offset, length, header) -> {
                    // Marks are not answered: they come back in the log.
                });
        if (ctx.isSingle()) {
            return context.ingressChannel(NamespaceMember.INGRESS_IPC)
                    .egressChannel("aeron:ipc?term-length=64k")
                    .egressStreamId(NamespaceMember.BARRIER_EGRESS_STREAM);
        }
        return context.ingressChannel("aeron:udp?term-length=64k")
                .ingressEndpoints(MemberAddress.ingress(ctx.members()))
                .egressChannel(
                        "aeron:udp?term-length=64k|endpoint=" + ctx.address().host() + ":0");
    }

    @Override
    public void close() {
        CloseHelper.quietCloseAll(connecting, cluster);
    }
}
