package org.apollofs.transport.aeron;

import io.aeron.Aeron;
import io.aeron.Publication;
import io.aeron.exceptions.AeronException;
import io.aeron.exceptions.RegistrationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.DirectBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;
import org.apollofs.transport.LaneHandler;
import org.apollofs.transport.LaneLimits;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A host's end of a lane.
 *
 * <p>Senders, any thread: take credit and a slot of the {@link RequestTable}, and offer to the lane's concurrent
 * publication, which copies the payload into the term on the sender's own core. The owner, one thread: opens and loses
 * the {@link LaneConnection}, takes answers, and lets requests expire. Slots are all that they share.
 */
final class AeronLane implements Lane {
    private static final Logger LOG = LoggerFactory.getLogger(AeronLane.class);
    private static final long TICK_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private final AeronNetwork network;
    private final TransportCounters counters;
    private final int targetId;
    private final long session;
    private final LaneHandler handler;
    private final RequestTable table;
    /** Chunks of which a part is in the stream and the rest is awaited. */
    private final AtomicInteger partialWrites = new AtomicInteger();

    private volatile LaneConnection connection;
    /** Closed, or refused for good. */
    private volatile boolean closed;

    /** Client of the driver on which connection and opening are. */
    private Aeron client;

    private LaneOpening opening;
    private AnswerReader answers;
    private long nextAttemptNs;
    private long nextTickNs;

    AeronLane(AeronNetwork network, int targetId, long session, LaneHandler handler) {
        this.network = network;
        this.counters = network.counters();
        this.targetId = targetId;
        this.session = session;
        this.handler = handler;
        this.table = new RequestTable(network.ctx().slotCount());
        this.client = network.aeron();
        this.nextAttemptNs = network.ctx().clock().nanoTime();
        this.nextTickNs = nextAttemptNs;
    }

    @Override
    public long writeChunk(
            long correlationId,
            long session,
            long stripe,
            int index,
            DirectBuffer payload,
            int offset,
            int length,
            DirectBuffer checksums,
            DirectBuffer stripeLengths) {
        LaneLimits.checkWrite(session, stripe, index, payload, offset, length, checksums, stripeLengths);
        LaneConnection current = connection;
        if (current == null) {
            return unconnected();
        }
        Request request = length > current.partLength() ? resume(correlationId, current) : null;
        if (request == null) {
            if (!hasRoom(current, length)) {
                // Room is made by those who read, and by the driver: neither may rest now.
                network.ctx().onSent().run();
                counters.increment(TransportCounter.REQUESTS_BACK_PRESSURED);
                return BACK_PRESSURED;
            }
            request = acquire(Request.Kind.WRITE, correlationId, current, null);
        }
        if (request == null) {
            return BACK_PRESSURED;
        }
        long state = request.state();
        long requestId = request.requestId();
        RequestEncoder encoder = network.encoder();
        int sent = request.sentLength;
        while (true) {
            int partLength = Math.min(length - sent, current.partLength());
            long status = encoder.writeChunk(
                    current.requests(),
                    requestId,
                    session,
                    stripe,
                    index,
                    payload,
                    offset,
                    length,
                    checksums,
                    stripeLengths,
                    sent,
                    partLength);
            if (status < 0) {
                return stopped(request, state, sent, Offers.laneStatus(status));
            }
            counters.add(TransportCounter.PAYLOAD_SENT, partLength);
            sent += partLength;
            if (sent == length) {
                return sent(request, state);
            }
        }
    }

    /**
     * A chunk of several parts is not begun where it would get stuck between two. Where the chunk is larger than the
     * window, a quarter of the term must do.
     */
    private static boolean hasRoom(LaneConnection current, int length) {
        if (length <= current.partLength()) {
            return true;
        }
        Publication stream = current.requests();
        return stream.availableWindow() >= Math.min(length, stream.termBufferLength() / 4);
    }

    private Request resume(long correlationId, LaneConnection current) {
        if (partialWrites.get() == 0) {
            return null;
        }
        Request request = table.tryResume(correlationId, current);
        if (request != null) {
            partialWrites.decrementAndGet();
            request.deadlineNs =
                    network.ctx().clock().nanoTime() + network.ctx().requestTimeoutNs();
        }
        return request;
    }

    @Override
    public long readChunk(
            long correlationId, long session, long stripe, int index, int chunkOffset, int length, Slab destination) {
        LaneLimits.checkRead(session, stripe, index, chunkOffset, length);
        LaneConnection current = connection;
        if (current == null) {
            return unconnected();
        }
        Request request = acquire(Request.Kind.READ, correlationId, current, destination);
        if (request == null) {
            return BACK_PRESSURED;
        }
        long state = request.state();
        RequestEncoder encoder = network.encoder();
        return finish(
                request,
                state,
                encoder.readChunk(
                        current.requests(), request.requestId(), session, stripe, index, chunkOffset, length));
    }

    @Override
    public long deleteChunk(long correlationId, long session, long stripe, int index) {
        LaneLimits.checkAddress(session, stripe, index);
        LaneConnection current = connection;
        if (current == null) {
            return unconnected();
        }
        Request request = acquire(Request.Kind.DELETE, correlationId, current, null);
        if (request == null) {
            return BACK_PRESSURED;
        }
        long state = request.state();
        RequestEncoder encoder = network.encoder();
        return finish(
                request, state, encoder.deleteChunk(current.requests(), request.requestId(), session, stripe, index));
    }

    @Override
    public long queryStatus(long correlationId) {
        LaneConnection current = connection;
        if (current == null) {
            return unconnected();
        }
        Request request = acquire(Request.Kind.STATUS, correlationId, current, null);
        if (request == null) {
            return BACK_PRESSURED;
        }
        long state = request.state();
        return finish(request, state, network.encoder().queryStatus(current.requests(), request.requestId()));
    }

    @Override
    public long listChunks(long correlationId, long cursor) {
        LaneConnection current = connection;
        if (current == null) {
            return unconnected();
        }
        Request request = acquire(Request.Kind.LIST, correlationId, current, null);
        if (request == null) {
            return BACK_PRESSURED;
        }
        long state = request.state();
        return finish(request, state, network.encoder().listChunks(current.requests(), request.requestId(), cursor));
    }

    private long unconnected() {
        return closed ? CLOSED : NOT_CONNECTED;
    }

    /** Credit and a slot, in phase SENDING; or null, and nothing is taken. */
    private Request acquire(Request.Kind kind, long correlationId, LaneConnection current, Slab destination) {
        if (current.tryTakeCredit(kind)) {
            long deadlineNs = network.ctx().clock().nanoTime() + network.ctx().requestTimeoutNs();
            Request request = table.tryAcquire(kind, correlationId, current, deadlineNs, destination);
            if (request != null) {
                return request;
            }
            current.giveCredit(kind);
        }
        counters.increment(TransportCounter.REQUESTS_WITHOUT_CREDIT);
        return null;
    }

    private long finish(Request request, long state, long status) {
        return status > 0 ? sent(request, state) : stopped(request, state, 0, Offers.laneStatus(status));
    }

    private long sent(Request request, long state) {
        network.ctx().onSent().run();
        counters.increment(TransportCounter.REQUESTS_SENT);
        RequestTable.sent(request, state);
        return SENT;
    }

    /** The stream took not all of it: nothing, and the slot is free again; or some parts, and the caller comes again. */
    private long stopped(Request request, long state, int sentLength, long status) {
        if (status == BACK_PRESSURED) {
            network.ctx().onSent().run();
            counters.increment(TransportCounter.REQUESTS_BACK_PRESSURED);
        }
        if (status == BACK_PRESSURED && sentLength > 0) {
            request.sentLength = sentLength;
            partialWrites.incrementAndGet();
            counters.increment(TransportCounter.WRITES_INTERRUPTED);
            if (request.move(state, Request.PARTIAL)) {
                return BACK_PRESSURED;
            }
            partialWrites.decrementAndGet();
            return SENT;
        }
        if (request.move(state, Request.ANSWERED)) {
            table.release(request);
            return status;
        }
        // Answered although it was not whole: the target gave an error to its first part.
        return SENT;
    }

    @Override
    public int poll() {
        if (closed) {
            return 0;
        }
        long nowNs = network.ctx().clock().nanoTime();
        int work = followClient(nowNs);
        LaneConnection current = connection;
        if (current == null) {
            work += open(nowNs);
        } else {
            int polled = current.image().controlledPoll(answers, network.ctx().fragmentLimit());
            work += polled;
            answers.throwFailure();
            if (connection == null) {
                // The handler closed the lane.
                return work;
            }
            if (answers.malformed() != null) {
                counters.increment(TransportCounter.MALFORMED);
                lose("malformed answer: " + answers.malformed(), nowNs);
            } else if (polled == 0 && !current.isAlive()) {
                lose("connection lost", nowNs);
            }
        }
        if (nowNs - nextTickNs >= 0) {
            nextTickNs = nowNs + TICK_NS;
            work += expire(nowNs);
        }
        return work;
    }

    /** Leaves a driver's client that has ended, and goes over to the one that takes its place. */
    @SuppressWarnings("ReferenceEquality")
    private int followClient(long nowNs) {
        Aeron now = network.aeron();
        if (now == client && !client.isClosed()) {
            return 0;
        }
        int work = now == client ? 0 : 1;
        if (connection != null) {
            lose("the media driver has ended", nowNs);
            work++;
        }
        if (opening != null) {
            endOpening(nowNs);
            work++;
        }
        client = now;
        return work;
    }

    private int open(long nowNs) {
        if (client.isClosed()) {
            return 0;
        }
        int work;
        try {
            if (opening == null) {
                if (nowNs - nextAttemptNs < 0) {
                    return 0;
                }
                opening = new LaneOpening(network, client, targetId, session);
                return 1;
            }
            work = opening.poll(nowNs);
        } catch (AeronException e) {
            if (!(e instanceof RegistrationException) && !client.isClosed()) {
                throw e;
            }
            LOG.warn(
                    "lane does not open: target={}, channel={}",
                    targetId,
                    network.ctx().targetChannel(targetId),
                    e);
            endOpening(nowNs);
            return 1;
        }
        switch (opening.state()) {
            case CONNECTED -> onOpened();
            case FAILED -> {
                LOG.debug("lane does not open: target={}, {}", targetId, opening.reason());
                endOpening(nowNs);
            }
            case REFUSED -> {
                LOG.error("lane refused: target={}, {}", targetId, opening.reason());
                closed = true;
                endOpening(nowNs);
            }
            default -> {}
        }
        return work;
    }

    private void onOpened() {
        LaneConnection opened = opening.connection();
        opening.close();
        opening = null;
        counters.increment(TransportCounter.LANES_OPENED);
        LOG.info("lane open: target={}, lane={}", targetId, opened.laneId());
        answers = new AnswerReader(targetId, table, opened, handler, counters);
        connection = opened;
    }

    private void endOpening(long nowNs) {
        counters.increment(TransportCounter.OPENINGS_FAILED);
        if (opening != null) {
            opening.close();
            opening = null;
        }
        nextAttemptNs = nowNs + network.ctx().reconnectDelayNs();
    }

    private void lose(String why, long nowNs) {
        LaneConnection lost = connection;
        connection = null;
        lost.close();
        counters.increment(TransportCounter.LANES_LOST);
        LOG.warn("lane lost: target={}, lane={}, {}", targetId, lost.laneId(), why);
        nextAttemptNs = nowNs + network.ctx().reconnectDelayNs();
        failLost();
    }

    /** Fails what went to a connection that is no more. Requests that are being sent now are found by a later tick. */
    private int failLost() {
        LaneConnection current = connection;
        int work = 0;
        for (int i = 0; i < table.slotCount(); i++) {
            Request request = table.slot(i);
            long state = request.state();
            int phase = Request.phase(state);
            boolean held = phase == Request.PENDING || phase == Request.PARTIAL || phase == Request.EXPIRED;
            if (held && request.connection != current && request.move(state, Request.ANSWERED)) {
                work++;
                endLost(request, phase);
            }
        }
        return work;
    }

    private void endLost(Request request, int phase) {
        long correlationId = request.correlationId;
        Slab destination = request.destination;
        table.release(request);
        if (phase == Request.PARTIAL) {
            partialWrites.decrementAndGet();
        } else if (phase == Request.PENDING) {
            counters.increment(TransportCounter.REQUESTS_LOST);
            String message = "connection lost: target=" + targetId;
            handler.onError(targetId, correlationId, ErrorCode.UNREACHABLE, message, destination);
        }
    }

    private int expire(long nowNs) {
        int work = failLost();
        long timeoutNs = network.ctx().requestTimeoutNs();
        for (int i = 0; i < table.slotCount() && connection != null; i++) {
            Request request = table.slot(i);
            long state = request.state();
            long lateNs = nowNs - request.deadlineNs;
            if (Request.phase(state) == Request.FREE || lateNs < 0) {
                continue;
            }
            work++;
            switch (Request.phase(state)) {
                case Request.PENDING -> expirePending(request, state);
                case Request.PARTIAL -> cancel(request, state);
                case Request.EXPIRED -> {
                    if (lateNs >= timeoutNs) {
                        // Twice the deadline: it will not be answered any more. Begin anew, with fresh credit.
                        lose("no answer for twice the deadline", nowNs);
                    }
                }
                default -> {}
            }
        }
        return work;
    }

    private void expirePending(Request request, long state) {
        long correlationId = request.correlationId;
        Slab destination = request.destination;
        if (request.move(state, Request.EXPIRED)) {
            request.destination = null;
            counters.increment(TransportCounter.REQUESTS_TIMED_OUT);
            String message = "no answer before the deadline: target=" + targetId;
            handler.onError(targetId, correlationId, ErrorCode.UNREACHABLE, message, destination);
        }
    }

    /** The caller did not come again with the rest: the target may drop the beginning. */
    private void cancel(Request request, long state) {
        if (!request.move(state, Request.SENDING)) {
            return;
        }
        long status = network.encoder().cancelWrite(connection.requests(), request.requestId());
        // Nobody else moves it: the target answers no chunk that is not whole, and senders left it for good.
        boolean moved = request.move(request.state(), status > 0 ? Request.ANSWERED : Request.PARTIAL);
        assert moved;
        if (status > 0) {
            partialWrites.decrementAndGet();
            counters.increment(TransportCounter.WRITES_CANCELLED);
            table.release(request);
        }
    }

    @Override
    public boolean isConnected() {
        return connection != null;
    }

    @Override
    public int targetId() {
        return targetId;
    }

    /** Fails what is unanswered. On the owner's thread, or once it polls no more. */
    @Override
    public void close() {
        boolean refused = closed;
        closed = true;
        if (opening != null) {
            opening.close();
            opening = null;
        }
        LaneConnection current = connection;
        connection = null;
        if (current == null) {
            if (!refused) {
                failLost();
            }
            return;
        }
        current.close();
        // Senders that are copying finish first: they never wait, so neither does this for long. Others find it closed.
        for (int i = 0; i < table.slotCount(); i++) {
            while (Request.phase(table.slot(i).state()) == Request.SENDING) {
                Thread.onSpinWait();
            }
        }
        failLost();
    }
}
