package org.apollofs.transport.aeron;

import io.aeron.Aeron;
import io.aeron.ConcurrentPublication;
import io.aeron.ExclusivePublication;
import io.aeron.Image;
import io.aeron.Subscription;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.transport.protocol.HelloAcceptedDecoder;
import org.apollofs.transport.protocol.HelloEncoder;
import org.apollofs.transport.protocol.HelloRefusedDecoder;
import org.apollofs.transport.protocol.MessageHeaderDecoder;
import org.apollofs.transport.protocol.MessageHeaderEncoder;
import org.apollofs.transport.protocol.RefusalReason;

/**
 * An attempt of a host to open a lane: adds the streams, says hello, awaits the answer, and ends as CONNECTED, REFUSED or
 * FAILED. It goes on for as long as that takes: a target that is slow, starting or away hears the same hello again every
 * second, so nothing that was achieved is thrown away. Lane's owner only; never waits. Whoever made it closes it, unless
 * it took the connection.
 */
final class LaneOpening {
    /** Where the attempt is. */
    enum State {
        /** The driver adds publications and subscription. */
        ADDING,
        /** The hello is offered until it is taken, also again. */
        GREETING,
        /** The answer is awaited, and the hello said again. */
        AWAITING,
        /** Accepted; the request stream is about to find its subscriber. */
        JOINING,
        CONNECTED,
        REFUSED,
        FAILED
    }

    private final AeronNetwork network;
    private final Aeron aeron;
    private final int targetId;
    private final long session;
    private final String replyEndpoint;
    private final long nonce;
    private final int requestStreamId;
    private final int replyStreamId;
    private final AnswerToHello answer = new AnswerToHello();

    private long helloId = Aeron.NULL_VALUE;
    private long requestsId = Aeron.NULL_VALUE;
    private long answersId = Aeron.NULL_VALUE;
    private ExclusivePublication hello;
    private ConcurrentPublication requests;
    private Subscription answers;
    private LaneConnection connection;
    private RefusalReason refusal;
    private long nextHelloNs;
    private State state = State.ADDING;
    private String reason = "";

    LaneOpening(AeronNetwork network, Aeron aeron, int targetId, long session) {
        this.network = network;
        this.aeron = aeron;
        this.targetId = targetId;
        this.session = session;
        this.replyEndpoint = network.replyEndpoint(targetId);
        this.nonce = network.ctx().nonces().getAsLong();
        this.requestStreamId = network.nextStreamId();
        this.replyStreamId = network.nextStreamId();
        String target = network.ctx().targetChannel(targetId);
        LaneChannels channels = network.channels();
        String replies = channels.replySubscription(network.replyTag(targetId));
        answersId = aeron.asyncAddSubscription(replies, replyStreamId);
        requestsId = aeron.asyncAddPublication(channels.dataPublication(target), requestStreamId);
        helloId =
                aeron.asyncAddExclusivePublication(channels.helloPublication(target), network.helloStreamId(targetId));
    }

    State state() {
        return state;
    }

    /** Why it is in its state: for the log. */
    String reason() {
        return reason;
    }

    LaneConnection connection() {
        return connection;
    }

    RefusalReason refusal() {
        return refusal;
    }

    int poll(long nowNs) {
        State before = state;
        switch (state) {
            case ADDING -> add();
            case GREETING -> greet(nowNs);
            case AWAITING -> await(nowNs);
            case JOINING -> join();
            case CONNECTED, REFUSED, FAILED -> {}
        }
        return before == state ? 0 : 1;
    }

    private void state(State next, String why) {
        state = next;
        reason = why;
    }

    private void add() {
        answers = answers == null ? aeron.getSubscription(answersId) : answers;
        requests = requests == null ? aeron.getPublication(requestsId) : requests;
        hello = hello == null ? aeron.getExclusivePublication(helloId) : hello;
        if (answers != null && requests != null && hello != null) {
            state(State.GREETING, "streams added");
        }
    }

    private void greet(long nowNs) {
        pollAnswers();
        if (state == State.GREETING && hello.isConnected() && sayHello()) {
            nextHelloNs = nowNs + network.ctx().helloIntervalNs();
            state(State.AWAITING, "hello sent");
        }
    }

    private boolean sayHello() {
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[1024]);
        UUID site = network.ctx().siteId();
        HelloEncoder encoder = new HelloEncoder()
                .wrapAndApplyHeader(buffer, 0, new MessageHeaderEncoder())
                .protocolVersion(network.ctx().protocolVersion())
                .targetId(targetId)
                .siteIdHigh(site.getMostSignificantBits())
                .siteIdLow(site.getLeastSignificantBits())
                .session(session)
                .nonce(nonce)
                .requestStreamId(requestStreamId)
                .requestSessionId(requests.sessionId())
                .replyStreamId(replyStreamId)
                .slotCount(network.ctx().slotCount())
                .replyEndpoint(replyEndpoint);
        byte[] token = network.authenticator().sign(buffer, 0, encoder.limit());
        encoder.putToken(token, 0, token.length);
        return Offers.offer(hello, buffer, encoder.limit()) > 0;
    }

    private void pollAnswers() {
        State before = state;
        for (int i = 0; i < answers.imageCount() && state == before; i++) {
            Image image = answers.imageAtIndex(i);
            answer.image = image;
            image.controlledPoll(answer, 1);
            answer.throwFailure();
        }
    }

    private void await(long nowNs) {
        pollAnswers();
        if (state == State.AWAITING && nowNs - nextHelloNs >= 0) {
            // A target that knows this hello takes no notice; one that gave up on it, or was started anew, begins
            // again.
            state(State.GREETING, "no answer yet");
        }
    }

    private void join() {
        if (connection.image().isClosed() || connection.image().isEndOfStream()) {
            connection = null;
            state(State.GREETING, "the target gave up before the lane was joined");
        } else if (requests.isConnected()) {
            state(State.CONNECTED, "connected");
        }
    }

    /** What comes on the answer stream before the lane is open. Anybody may send there: the nonce and token tell. */
    private final class AnswerToHello extends GreetingReader {
        private Image image;

        @Override
        void onGreeting(int templateId, DirectBuffer buffer, int body, int end) {
            if (templateId == HelloAcceptedDecoder.TEMPLATE_ID) {
                onAccepted(buffer, body, end);
            } else if (templateId == HelloRefusedDecoder.TEMPLATE_ID) {
                onRefused(buffer, body);
            }
        }

        private void onAccepted(DirectBuffer buffer, int body, int end) {
            HelloAcceptedDecoder accepted = new HelloAcceptedDecoder();
            if (header.blockLength() != HelloAcceptedDecoder.BLOCK_LENGTH) {
                return;
            }
            accepted.wrap(buffer, body, header.blockLength(), header.version());
            int start = body - MessageHeaderDecoder.ENCODED_LENGTH;
            int tokenAt = accepted.limit();
            boolean plausible = Wire.varDataLength(buffer, tokenAt, end) == Authenticator.TOKEN_LENGTH
                    && accepted.nonce() == nonce
                    && accepted.chunkCredit() >= 1
                    && accepted.requestCredit() >= 1;
            byte[] token = new byte[Authenticator.TOKEN_LENGTH];
            if (!plausible) {
                return;
            }
            accepted.getToken(token, 0, token.length);
            if (network.authenticator().verify(buffer, start, tokenAt - start, token)) {
                int partLength = Wire.partLength(requests.maxMessageLength(), requests.maxPayloadLength());
                connection = new LaneConnection(requests, answers, image, accepted.laneId(), partLength);
                connection.credit(accepted.chunkCredit(), accepted.requestCredit());
                state(State.JOINING, "accepted");
            }
        }

        private void onRefused(DirectBuffer buffer, int body) {
            HelloRefusedDecoder refused = new HelloRefusedDecoder();
            if (header.blockLength() != HelloRefusedDecoder.BLOCK_LENGTH) {
                return;
            }
            refused.wrap(buffer, body, header.blockLength(), header.version());
            if (refused.nonce() != nonce) {
                return;
            }
            // A number beyond this version's reasons is a refusal all the same.
            short raw = refused.reasonRaw();
            boolean known = raw >= RefusalReason.VERSION.value() && raw <= RefusalReason.MALFORMED.value();
            refusal = known ? RefusalReason.get(raw) : RefusalReason.VERSION;
            boolean later = refusal == RefusalReason.BUSY;
            state(
                    later ? State.FAILED : State.REFUSED,
                    "refused: reason=" + refusal + ", target's protocol version=" + refused.protocolVersion());
        }

        /** Not from our target: ours says nothing else first. */
        @Override
        void onUnreadable() {
            network.counters().increment(TransportCounter.MALFORMED);
        }
    }

    /** Ends the attempt: what the connection does not take is given back to the driver. */
    void close() {
        AeronNetwork.giveBack(aeron, this::closeStreams);
    }

    private void closeStreams() {
        if (hello != null) {
            hello.close();
        } else {
            aeron.asyncRemovePublication(helloId);
        }
        if (state == State.CONNECTED) {
            return;
        }
        if (requests != null) {
            requests.close();
        } else {
            aeron.asyncRemovePublication(requestsId);
        }
        if (answers != null) {
            answers.close();
        } else {
            aeron.asyncRemoveSubscription(answersId);
        }
    }
}
