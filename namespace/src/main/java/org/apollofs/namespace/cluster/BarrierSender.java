package org.apollofs.namespace.cluster;

import io.aeron.Aeron;
import io.aeron.cluster.client.AeronCluster;
import io.aeron.security.CredentialsSupplier;
import org.agrona.CloseHelper;
import org.agrona.concurrent.UnsafeBuffer;
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

    private final NamespaceMemberContext ctx;
    private final ReadBarrier barrier;
    private final UnsafeBuffer message = new UnsafeBuffer(new byte[Math.max(ReadBarrier.LENGTH, ClaimNotice.LENGTH)]);
    private final LeaderSearch<AeronCluster> search;
    private Aeron aeron;
    private AeronCluster cluster;
    private long lastSentNs;

    BarrierSender(NamespaceMemberContext ctx, ReadBarrier barrier) {
        this.ctx = ctx;
        this.barrier = barrier;
        search = new LeaderSearch<>(() -> new ConnectAttempt(aeron, context()));
    }

    /** Connects, and keeps connected. */
    int poll(Aeron client, long now) {
        aeron = client;
        if (cluster == null) {
            cluster = search.poll(now);
            lastSentNs = now;
            return cluster == null ? 0 : 1;
        }
        int work = cluster.pollEgress();
        if (cluster.isClosed()) {
            cluster = null;
            search.lost("the connection was closed", now);
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

    private AeronCluster.Context context() {
        CredentialsSupplier credentials = ctx.credentialsSupplier();
        AeronCluster.Context context = new AeronCluster.Context()
                .clientName("namespace-reads")
                .credentialsSupplier(credentials)
                .errorHandler(e -> LOG.debug("namespace reads: {}", e.getMessage()))
                .egressListener((session, timestamp, buffer, offset, length, header) -> {
                    // Marks are not answered: they come back in the log.
                });
        if (ctx.isSingle()) {
            return context.ingressChannel("aeron:ipc?term-length=64k")
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
        CloseHelper.quietCloseAll(search, cluster);
    }
}
