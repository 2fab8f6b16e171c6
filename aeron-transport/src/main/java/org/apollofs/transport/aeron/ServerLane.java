package org.apollofs.transport.aeron;

import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.aeron.Image;
import io.aeron.Subscription;
import io.aeron.exceptions.RegistrationException;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.transport.RequestHandler;
import org.apollofs.transport.protocol.HelloAcceptedEncoder;
import org.apollofs.transport.protocol.MessageHeaderEncoder;

/**
 * A target's end of one lane: its two streams, its share of the credit, and which of the host's requests are unanswered.
 * The target's thread only; closed by the {@link AeronLaneServer}.
 */
final class ServerLane {
    /** Where the lane is. */
    enum State {
        /** The driver adds the streams. */
        ADDING,
        /** The host's streams are awaited. */
        JOINING,
        OPEN,
        ENDED
    }

    private final AeronNetwork network;
    private final Aeron client;
    private final Hello hello;
    private final long laneId;
    private final long deadlineNs;
    private final RequestReader reader;
    private final UnansweredRequests unanswered;
    private final long requestsId;
    private final long answersId;
    private Subscription requests;
    private ExclusivePublication answers;
    private Image image;
    private int partLength;
    private int chunkCredit;
    private int requestCredit;
    private boolean creditChanged;
    private State state = State.ADDING;
    private String reason = "";

    ServerLane(
            AeronNetwork network,
            int targetId,
            Hello hello,
            long laneId,
            RequestHandler handler,
            AssemblyPool assemblies,
            long nowNs) {
        this.network = network;
        this.client = network.aeron();
        this.hello = hello;
        this.laneId = laneId;
        this.deadlineNs = nowNs + network.ctx().handshakeTimeoutNs();
        this.unanswered = new UnansweredRequests(hello.slotCount());
        this.reader = new RequestReader(
                laneId, unanswered, network.ctx().maxChunkLength(), handler, network.counters(), assemblies);
        LaneChannels channels = network.channels();
        String target = network.ctx().targetChannel(targetId);
        String reply = channels.replyChannel(hello.replyEndpoint());
        this.requestsId = client.asyncAddSubscription(
                channels.requestSubscription(target, hello.requestSessionId()), hello.requestStreamId());
        this.answersId = client.asyncAddExclusivePublication(channels.dataPublication(reply), hello.replyStreamId());
    }

    long laneId() {
        return laneId;
    }

    State state() {
        return state;
    }

    String reason() {
        return reason;
    }

    Hello hello() {
        return hello;
    }

    UnansweredRequests unanswered() {
        return unanswered;
    }

    ExclusivePublication answers() {
        return answers;
    }

    /** Payload bytes that one answer carries. */
    int partLength() {
        return partLength;
    }

    void credit(int chunkCredit, int requestCredit) {
        creditChanged |= chunkCredit != this.chunkCredit || requestCredit != this.requestCredit;
        this.chunkCredit = chunkCredit;
        this.requestCredit = requestCredit;
    }

    private void state(State next, String why) {
        state = next;
        reason = why;
    }

    int poll(AnswerEncoder encoder, long nowNs) {
        State before = state;
        int work = 0;
        switch (state) {
            case ADDING -> add();
            case JOINING -> join();
            case OPEN -> work = pollRequests(encoder);
            case ENDED -> {}
        }
        boolean opening = state == State.ADDING || state == State.JOINING;
        if (opening && nowNs - deadlineNs >= 0) {
            state(State.ENDED, "did not open in state " + state);
        }
        return work + (before == state ? 0 : 1);
    }

    private void add() {
        try {
            requests = requests == null ? client.getSubscription(requestsId) : requests;
            answers = answers == null ? client.getExclusivePublication(answersId) : answers;
        } catch (RegistrationException e) {
            state(State.ENDED, "driver refused a stream: " + e.getMessage());
            return;
        }
        if (requests != null && answers != null) {
            partLength = Wire.partLength(answers.maxMessageLength(), answers.maxPayloadLength());
            state(State.JOINING, "streams added");
        }
    }

    private void join() {
        image = requests.imageBySessionId(hello.requestSessionId());
        if (image == null || !answers.isConnected()) {
            return;
        }
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[256]);
        HelloAcceptedEncoder encoder = new HelloAcceptedEncoder()
                .wrapAndApplyHeader(buffer, 0, new MessageHeaderEncoder())
                .nonce(hello.nonce())
                .laneId(laneId)
                .chunkCredit(chunkCredit)
                .requestCredit(requestCredit);
        byte[] token = network.authenticator().sign(buffer, 0, encoder.limit());
        encoder.putToken(token, 0, token.length);
        if (Offers.offer(answers, buffer, encoder.limit()) > 0) {
            creditChanged = false;
            state(State.OPEN, "accepted");
        }
    }

    private int pollRequests(AnswerEncoder encoder) {
        if (creditChanged && encoder.credit(answers, chunkCredit, requestCredit) > 0) {
            creditChanged = false;
        }
        int work = image.controlledPoll(reader, network.ctx().fragmentLimit());
        reader.throwFailure();
        if (reader.malformed() != null) {
            network.counters().increment(TransportCounter.MALFORMED);
            state(State.ENDED, "malformed request: " + reader.malformed());
        } else if (work == 0 && (image.isClosed() || image.isEndOfStream() || !answers.isConnected())) {
            state(State.ENDED, "host is gone");
        }
        return work;
    }

    /** Ends the lane, also in the middle of its opening, and gives back what it holds. */
    void close() {
        state = State.ENDED;
        reader.releaseSlabs();
        AeronNetwork.giveBack(client, this::closeStreams);
    }

    private void closeStreams() {
        if (requests != null) {
            requests.close();
        } else {
            client.asyncRemoveSubscription(requestsId);
        }
        if (answers != null) {
            answers.close();
        } else {
            client.asyncRemovePublication(answersId);
        }
    }
}
