package org.apollofs.transport.aeron;

import io.aeron.Aeron;
import io.aeron.Subscription;
import io.aeron.exceptions.AeronException;
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
 * <p>The media driver may be started anew while all goes on: once its old client has ended, lanes are lost, and once
 * {@link #renew} brings the new one, lanes and servers make themselves again on their own threads.
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
    private volatile Aeron aeron;
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
        this.aeron = ctx.aeron();
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
        if (!isIpc(targetId)) {
            resolveReplyEndpoint(targetId);
        }
        return new AeronLane(this, targetId, session, handler);
    }

    private boolean isIpc(int targetId) {
        return LaneChannels.isIpc(ctx.targetChannel(targetId));
    }

    /**
     * The media driver was started anew: all lanes and servers go over to its new client. Any thread; waits for the driver
     * if lanes have a reply endpoint. The old client is closed by its owner, who lets its buffers linger for as long as a
     * sender may be copying into one ({@code Aeron.Context.closeLingerDurationNs}).
     *
     * @param fresh a client of the driver that runs now.
     */
    public synchronized void renew(Aeron fresh) {
        boolean hadEndpoint = replyEndpoint != null;
        replyEndpoint = null;
        replyAnchor = null;
        if (hadEndpoint) {
            openReplyEndpoint(fresh);
        }
        aeron = fresh;
    }

    @Override
    public LaneServer serve(int targetId, int creditChunks, RequestHandler handler) {
        if (creditChunks < 1) {
            throw new IllegalArgumentException("serve: target=" + targetId + ", creditChunks=" + creditChunks);
        }
        return new AeronLaneServer(this, targetId, creditChunks, handler);
    }

    /** The socket that answers come to: opened once, so that a port chosen by the system is known and stays. */
    private synchronized void resolveReplyEndpoint(int targetId) {
        if (replyEndpoint != null) {
            return;
        }
        if (ctx.replyEndpoint().isEmpty()) {
            throw new IllegalArgumentException("lane over UDP needs a reply endpoint: target=" + targetId);
        }
        openReplyEndpoint(aeron);
    }

    private void openReplyEndpoint(Aeron client) {
        replyTag = client.nextCorrelationId();
        String channel = channels.replyAnchor(ctx.replyEndpoint(), replyTag);
        replyAnchor = client.addSubscription(channel, ANCHOR_STREAM_ID);
        long deadlineNs = ctx.clock().nanoTime() + ctx.handshakeTimeoutNs();
        while (replyEndpoint == null) {
            replyEndpoint = replyAnchor.resolvedEndpoint();
            if (replyEndpoint == null && ctx.clock().nanoTime() - deadlineNs >= 0) {
                throw new IllegalStateException("reply endpoint does not open: endpoint=" + ctx.replyEndpoint());
            }
            Thread.onSpinWait();
        }
    }

    /** Where answers of a target come to: empty over IPC. */
    synchronized String replyEndpoint(int targetId) {
        return isIpc(targetId) ? "" : replyEndpoint;
    }

    /** The driver's name of the reply socket, or {@link Aeron#NULL_VALUE} for a target that is reached over IPC. */
    synchronized long replyTag(int targetId) {
        return isIpc(targetId) ? Aeron.NULL_VALUE : replyTag;
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

    /** The client of the driver that runs now; it may have ended, and another not come yet. */
    Aeron aeron() {
        return aeron;
    }

    /** Gives something back to a driver's client. One that has ended has no need of it. */
    static void giveBack(Aeron client, Runnable call) {
        try {
            if (!client.isClosed()) {
                call.run();
            }
        } catch (AeronException e) {
            if (!client.isClosed()) {
                throw e;
            }
        }
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
        return LANE_STREAM_BIT | (int) (aeron.nextCorrelationId() & (LANE_STREAM_BIT - 1));
    }
}
