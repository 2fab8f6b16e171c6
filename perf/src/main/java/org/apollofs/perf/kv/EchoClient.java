package org.apollofs.perf.kv;

import io.aeron.cluster.client.AeronCluster;
import io.aeron.cluster.client.EgressListener;
import io.aeron.logbuffer.Header;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.YieldingIdleStrategy;

/** A client of the bare echo: one message an operation, as long as a put with its key. */
final class EchoClient implements KvClient, EgressListener {
    /** Session, ids, path and lengths around the value of a put. */
    private static final int OVERHEAD = 64;

    private final KvCluster site;
    private final AeronCluster cluster;
    private final IdleStrategy idle;
    private final UnsafeBuffer message;
    private long sent;
    private long answered;

    EchoClient(KvCluster site, KvSettings settings) {
        this.site = site;
        message = new UnsafeBuffer(new byte[OVERHEAD + settings.valueLength()]);
        idle = site.idle().newStrategy();
        AeronCluster.Context context = new AeronCluster.Context()
                .aeronDirectoryName(site.aeronDirectory().toString())
                .idleStrategy(YieldingIdleStrategy.INSTANCE)
                .egressListener(this);
        if (site.ingressEndpoints() == null) {
            context.ingressChannel("aeron:ipc?term-length=16m").egressChannel("aeron:ipc?term-length=16m");
        } else {
            context.ingressChannel("aeron:udp?term-length=16m")
                    .ingressEndpoints(site.ingressEndpoints())
                    .egressChannel("aeron:udp?term-length=16m|endpoint=" + KvCluster.responseEndpoint());
        }
        cluster = Connecting.retried(() -> AeronCluster.connect(context.clone()));
    }

    @Override
    public int send(boolean isGet, int key) {
        message.putLong(0, sent);
        if (cluster.offer(message, 0, message.capacity()) <= 0) {
            return REFUSED;
        }
        sent++;
        site.idle().wake(null);
        return SENT;
    }

    @Override
    public boolean work() {
        return cluster.pollEgress() > 0;
    }

    @Override
    public void onMessage(
            long clusterSessionId, long timestamp, DirectBuffer buffer, int offset, int length, Header header) {
        if (buffer.getLong(offset) != answered) {
            throw new IllegalStateException(
                    "answers out of order: expected=" + answered + ", found=" + buffer.getLong(offset));
        }
        answered++;
    }

    @Override
    public long answered(int status) {
        return status == SENT ? answered : 0;
    }

    @Override
    public void idle(boolean work) {
        idle.idle(work ? 1 : 0);
    }

    @Override
    public void close() {
        site.idle().release(idle);
        cluster.close();
    }
}
