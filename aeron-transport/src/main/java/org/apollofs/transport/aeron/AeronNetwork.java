package org.apollofs.transport.aeron;

import io.aeron.Aeron;
import io.aeron.Subscription;
import org.apollofs.transport.Lane;
import org.apollofs.transport.LaneHandler;
import org.apollofs.transport.LaneServer;
import org.apollofs.transport.Network;
import org.apollofs.transport.RequestHandler;

/**
 * Lanes over Aeron. One per process and media driver serves all its hosts and targets.
 *
 * <p>A lane is opened by a signed {@code Hello} on the target's hello stream, in which the host names two streams of its
 * own: one on the target's channel for requests, one on the host's channel for answers. Their ids come from the driver's
 * counter, so no two lanes of a driver meet, and the target takes from them this host's session alone.
 *
 * <p>Thread-safe as {@link Network} says. The Aeron client is the caller's, and is closed after the network.
 */
public final class AeronNetwork implements Network {
    /** Nobody sends here: it holds the reply socket open from the first lane to the network's end. */
    private static final int ANCHOR_STREAM_ID = 1;

    private static final int LANE_STREAM_BIT = 0x4000_0000;

    private final AeronNetworkContext ctx;
    private final LaneChannels channels;
    private final Authenticator authenticator;
    private final ThreadLocal<RequestEncoder> encoders = ThreadLocal.withInitial(RequestEncoder::new);
    private Subscription replyAnchor;
    private long replyTag;
    private String replyEndpoint;

    /**
     * Nothing is opened yet.
     *
     * @param ctx settings; concluded here.
     */
    public AeronNetwork(AeronNetworkContext ctx) {
        this.ctx = ctx.conclude();
        this.channels = new LaneChannels(ctx);
        this.authenticator = new Authenticator(ctx.secret());
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException if the target is reached over UDP and no reply endpoint is set.
     */
    @Override
    public Lane connect(int targetId, long session, LaneHandler handler) {
        boolean ipc = LaneChannels.isIpc(ctx.targetChannel(targetId));
        return new AeronLane(this, targetId, session, ipc ? "" : resolveReplyEndpoint(targetId), handler);
    }

    @Override
    public LaneServer serve(int targetId, int creditChunks, RequestHandler handler) {
        if (creditChunks < 1) {
            throw new IllegalArgumentException("serve: target=" + targetId + ", creditChunks=" + creditChunks);
        }
        return new AeronLaneServer(this, targetId, creditChunks, handler);
    }

    /** The socket that answers come to: opened once, so that a port chosen by the system is known and stays. */
    private synchronized String resolveReplyEndpoint(int targetId) {
        if (replyEndpoint != null) {
            return replyEndpoint;
        }
        if (ctx.replyEndpoint().isEmpty()) {
            throw new IllegalArgumentException("lane over UDP needs a reply endpoint: target=" + targetId);
        }
        replyTag = ctx.aeron().nextCorrelationId();
        String channel = channels.replyAnchor(ctx.replyEndpoint(), replyTag);
        replyAnchor = ctx.aeron().addSubscription(channel, ANCHOR_STREAM_ID);
        long deadlineNs = ctx.clock().nanoTime() + ctx.handshakeTimeoutNs();
        while (replyEndpoint == null) {
            replyEndpoint = replyAnchor.resolvedEndpoint();
            if (replyEndpoint == null && ctx.clock().nanoTime() - deadlineNs >= 0) {
                throw new IllegalStateException("reply endpoint does not open: endpoint=" + ctx.replyEndpoint());
            }
            Thread.onSpinWait();
        }
        return replyEndpoint;
    }

    /** The driver's name of the reply socket, or {@link Aeron#NULL_VALUE} for a target that is reached over IPC. */
    synchronized long replyTag(int targetId) {
        return LaneChannels.isIpc(ctx.targetChannel(targetId)) ? Aeron.NULL_VALUE : replyTag;
    }

    /** The counters of all lanes and servers of this network. */
    public TransportCounters counters() {
        return ctx.counters();
    }

    /** Closes what the network holds itself; lanes and servers have been closed by their owners. */
    @Override
    public synchronized void close() {
        if (replyAnchor != null) {
            replyAnchor.close();
        }
    }

    AeronNetworkContext ctx() {
        return ctx;
    }

    Aeron aeron() {
        return ctx.aeron();
    }

    LaneChannels channels() {
        return channels;
    }

    Authenticator authenticator() {
        return authenticator;
    }

    /** The calling thread's encoder. */
    RequestEncoder encoder() {
        return encoders.get();
    }

    int helloStreamId(int targetId) {
        return ctx.streamIdBase() + targetId;
    }

    /** A stream id that no other lane of this driver has: 2^30 of them go by before one comes again. */
    int nextStreamId() {
        return LANE_STREAM_BIT | (int) (ctx.aeron().nextCorrelationId() & (LANE_STREAM_BIT - 1));
    }
}
