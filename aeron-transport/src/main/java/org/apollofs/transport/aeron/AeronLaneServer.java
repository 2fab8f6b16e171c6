package org.apollofs.transport.aeron;

import io.aeron.Aeron;
import io.aeron.Subscription;
import io.aeron.exceptions.AeronException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.apollofs.io.buffer.Slab;
import org.apollofs.transport.ChunkAddress;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;
import org.apollofs.transport.LaneLimits;
import org.apollofs.transport.LaneServer;
import org.apollofs.transport.RequestHandler;
import org.apollofs.transport.TargetStatus;
import org.apollofs.transport.protocol.RefusalReason;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The target's end of all lanes to it: takes hellos, polls the lanes in turn, and shares the credit evenly among them.
 * One thread, the target's, calls everything. The shares move when hosts come and go, so for a moment more may be on its
 * way than the target has room for: then chunks wait in their streams.
 */
final class AeronLaneServer implements LaneServer {
    private static final Logger LOG = LoggerFactory.getLogger(AeronLaneServer.class);
    /** Refusals under way at a time. A crowd of strangers gets no more of the target's attention. */
    private static final int MAX_REFUSALS = 16;
    /** Hellos taken in one poll. */
    private static final int HELLO_LIMIT = 4;

    private final AeronNetwork network;
    private final TransportCounters counters;
    private final int targetId;
    private final int creditChunks;
    private final RequestHandler handler;
    private Aeron client;
    private long hellosId;
    private Subscription hellos;
    private final HelloReader helloReader;
    private final AnswerEncoder encoder = new AnswerEncoder();
    private final AssemblyPool assemblies = new AssemblyPool();
    private final List<ServerLane> lanes = new ArrayList<>();
    private final List<Refusal> refusals = new ArrayList<>();
    private final Long2ObjectHashMap<ServerLane> laneById = new Long2ObjectHashMap<>();
    private long nextLaneId = 1;
    private int firstLane;

    AeronLaneServer(AeronNetwork network, int targetId, int creditChunks, RequestHandler handler) {
        this.network = network;
        this.counters = network.counters();
        this.targetId = targetId;
        this.creditChunks = creditChunks;
        this.handler = handler;
        this.helloReader = new Greeter();
        this.client = network.aeron();
        this.hellos = client.addSubscription(helloChannel(), network.helloStreamId(targetId));
    }

    private String helloChannel() {
        return network.channels().helloSubscription(network.ctx().targetChannel(targetId));
    }

    /** Leaves a driver's client that has ended, and listens on the one that takes its place. @return whether it listens. */
    @SuppressWarnings("ReferenceEquality")
    private boolean isListening() {
        Aeron now = network.aeron();
        if (now != client || client.isClosed()) {
            if (hellos != null || !lanes.isEmpty()) {
                LOG.warn("lanes ended: target={}, count={}: the media driver has ended", targetId, lanes.size());
                closeAll();
            }
            if (now.isClosed()) {
                return false;
            }
            client = now;
            hellosId = client.asyncAddSubscription(helloChannel(), network.helloStreamId(targetId));
        }
        hellos = hellos == null ? client.getSubscription(hellosId) : hellos;
        return hellos != null;
    }

    /** Decides who gets a lane. */
    private final class Greeter extends HelloReader {
        Greeter() {
            super(AeronLaneServer.this.network, AeronLaneServer.this.targetId);
        }

        @Override
        void onHello(Hello hello) {
            if (isKnown(hello)) {
                // Said twice, by a host in a hurry or by somebody who listened in.
                counters.increment(TransportCounter.HELLOS_IGNORED);
            } else if (lanes.size() >= network.ctx().maxLanes()) {
                onRefused(hello, RefusalReason.BUSY);
            } else {
                accept(hello);
            }
        }

        @Override
        void onRefused(Hello hello, RefusalReason reason) {
            counters.increment(TransportCounter.HELLOS_REFUSED);
            LOG.warn(
                    "hello refused: target={}, session={}, endpoint={}, reason={}",
                    targetId,
                    hello.session(),
                    hello.replyEndpoint(),
                    reason);
            if (refusals.size() < MAX_REFUSALS) {
                refusals.add(new Refusal(network, hello, reason, nowNs()));
            } else {
                counters.increment(TransportCounter.HELLOS_IGNORED);
            }
        }

        @Override
        void onUnreadable() {
            counters.increment(TransportCounter.MALFORMED);
            counters.increment(TransportCounter.HELLOS_IGNORED);
        }
    }

    private boolean isKnown(Hello hello) {
        for (ServerLane lane : lanes) {
            Hello known = lane.hello();
            boolean sameStream = known.requestStreamId() == hello.requestStreamId()
                    && known.requestSessionId() == hello.requestSessionId();
            if (sameStream || known.nonce() == hello.nonce()) {
                return true;
            }
        }
        return false;
    }

    private void accept(Hello hello) {
        ServerLane lane = new ServerLane(network, targetId, hello, nextLaneId++, handler, assemblies, nowNs());
        lanes.add(lane);
        laneById.put(lane.laneId(), lane);
        shareCredit();
    }

    private void shareCredit() {
        int count = Math.max(1, lanes.size());
        int chunkShare = Math.max(1, creditChunks / count);
        int requestShare = Math.max(1, network.ctx().requestCredit() / count);
        for (int i = 0; i < lanes.size(); i++) {
            lanes.get(i).credit(chunkShare, requestShare);
        }
    }

    private long nowNs() {
        return network.ctx().clock().nanoTime();
    }

    @Override
    public int poll() {
        try {
            return isListening() ? pollAll() : 0;
        } catch (AeronException e) {
            if (!client.isClosed()) {
                throw e;
            }
            return 0;
        }
    }

    private int pollAll() {
        int work = hellos.controlledPoll(helloReader, HELLO_LIMIT);
        helloReader.throwFailure();
        if (refusals.isEmpty() && lanes.isEmpty()) {
            return work;
        }
        long nowNs = nowNs();
        for (int i = refusals.size() - 1; i >= 0; i--) {
            if (refusals.get(i).poll(nowNs)) {
                refusals.remove(i);
                work++;
            }
        }
        int count = lanes.size();
        firstLane = firstLane + 1 < count ? firstLane + 1 : 0;
        for (int i = 0; i < count; i++) {
            int index = firstLane + i;
            work += pollLane(lanes.get(index < count ? index : index - count), nowNs);
        }
        return work + removeEnded();
    }

    private int pollLane(ServerLane lane, long nowNs) {
        ServerLane.State before = lane.state();
        int work = lane.poll(encoder, nowNs);
        if (before != ServerLane.State.OPEN && lane.state() == ServerLane.State.OPEN) {
            counters.increment(TransportCounter.LANES_ACCEPTED);
            Hello hello = lane.hello();
            LOG.info("lane accepted: target={}, lane={}, session={}", targetId, lane.laneId(), hello.session());
        }
        return work;
    }

    private int removeEnded() {
        int removed = 0;
        for (int i = lanes.size() - 1; i >= 0; i--) {
            ServerLane lane = lanes.get(i);
            if (lane.state() == ServerLane.State.ENDED) {
                LOG.info("lane ended: target={}, lane={}, {}", targetId, lane.laneId(), lane.reason());
                counters.increment(TransportCounter.LANES_ENDED);
                lanes.remove(i);
                laneById.remove(lane.laneId());
                lane.close();
                removed++;
            }
        }
        if (removed > 0) {
            shareCredit();
        }
        return removed;
    }

    /** @return the lane if it is open, or null: the host is gone, and the answer moot. */
    private ServerLane lane(long laneId, long requestId) {
        ServerLane lane = laneById.get(laneId);
        if (lane == null || lane.state() != ServerLane.State.OPEN) {
            return null;
        }
        if (!lane.unanswered().contains(requestId)) {
            throw new IllegalStateException("answered twice or never asked: target=" + targetId + ", lane=" + laneId
                    + ", correlationId=" + requestId);
        }
        return lane;
    }

    /** What the stream's status means to the target: without the host's end, the lane is over. */
    private long answered(ServerLane lane, long requestId, long status) {
        long laneStatus = Offers.laneStatus(status);
        network.ctx().onSent().run();
        if (laneStatus == Lane.SENT) {
            lane.unanswered().end(requestId);
            counters.increment(TransportCounter.ANSWERS_SENT);
        } else if (laneStatus == Lane.BACK_PRESSURED) {
            counters.increment(TransportCounter.ANSWERS_BACK_PRESSURED);
        } else {
            // The next poll finds that the host is gone.
            return Lane.CLOSED;
        }
        return laneStatus;
    }

    @Override
    public long chunkWritten(long laneId, long correlationId) {
        ServerLane lane = lane(laneId, correlationId);
        return lane == null
                ? Lane.CLOSED
                : answered(lane, correlationId, encoder.chunkWritten(lane.answers(), correlationId));
    }

    @Override
    public long chunkRead(
            long laneId,
            long correlationId,
            Slab slab,
            int slabOffset,
            int blockOffset,
            int length,
            DirectBuffer checksums,
            int chunkLength,
            DirectBuffer stripeLengths) {
        LaneLimits.checkChunkData(
                slab.capacity(), slabOffset, blockOffset, length, checksums, chunkLength, stripeLengths);
        ServerLane lane = lane(laneId, correlationId);
        if (lane == null) {
            return Lane.CLOSED;
        }
        int sent = lane.unanswered().answeredLength(correlationId);
        while (true) {
            int partLength = Math.min(length - sent, lane.partLength());
            long status = encoder.chunkData(
                    lane.answers(),
                    correlationId,
                    slab,
                    slabOffset,
                    blockOffset,
                    length,
                    checksums,
                    chunkLength,
                    stripeLengths,
                    sent,
                    partLength);
            if (status > 0) {
                sent += partLength;
                counters.add(TransportCounter.PAYLOAD_SENT, partLength);
            }
            if (status < 0 || sent == length) {
                // Where the range is not all in the stream, the target comes again with the same answer.
                lane.unanswered().answeredLength(correlationId, sent);
                return answered(lane, correlationId, status);
            }
        }
    }

    @Override
    public long chunkDeleted(long laneId, long correlationId) {
        ServerLane lane = lane(laneId, correlationId);
        return lane == null
                ? Lane.CLOSED
                : answered(lane, correlationId, encoder.chunkDeleted(lane.answers(), correlationId));
    }

    @Override
    public long targetStatus(long laneId, long correlationId, TargetStatus status) {
        ServerLane lane = lane(laneId, correlationId);
        return lane == null
                ? Lane.CLOSED
                : answered(lane, correlationId, encoder.targetStatus(lane.answers(), correlationId, status));
    }

    @Override
    public long chunkList(long laneId, long correlationId, List<ChunkAddress> chunks, long nextCursor) {
        if (chunks.size() > LaneLimits.MAX_LIST_LENGTH) {
            throw new IllegalArgumentException("chunk list: target=" + targetId + ", count=" + chunks.size());
        }
        ServerLane lane = lane(laneId, correlationId);
        return lane == null
                ? Lane.CLOSED
                : answered(lane, correlationId, encoder.chunkList(lane.answers(), correlationId, chunks, nextCursor));
    }

    @Override
    public long error(long laneId, long correlationId, ErrorCode code, String message) {
        ServerLane lane = lane(laneId, correlationId);
        return lane == null
                ? Lane.CLOSED
                : answered(lane, correlationId, encoder.failure(lane.answers(), correlationId, code, message));
    }

    /** Ends all lanes; their hosts see it and try to connect again. */
    @Override
    public void close() {
        closeAll();
    }

    private void closeAll() {
        if (hellos != null) {
            hellos.close();
            hellos = null;
        }
        refusals.forEach(Refusal::close);
        refusals.clear();
        lanes.forEach(ServerLane::close);
        lanes.clear();
        laneById.clear();
    }
}
