package org.apollofs.transport.aeron;

import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.aeron.exceptions.RegistrationException;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.transport.protocol.HelloRefusedEncoder;
import org.apollofs.transport.protocol.MessageHeaderEncoder;
import org.apollofs.transport.protocol.RefusalReason;

/** A refusal on its way to a host that will hear nothing else. The target's thread only; ends by itself. */
final class Refusal {
    private final Aeron client;
    private final Hello hello;
    private final RefusalReason reason;
    private final long deadlineNs;
    private final long replyId;
    private ExclusivePublication reply;

    Refusal(AeronNetwork network, Hello hello, RefusalReason reason, long nowNs) {
        this.client = network.aeron();
        this.hello = hello;
        this.reason = reason;
        this.deadlineNs = nowNs + network.ctx().handshakeTimeoutNs();
        LaneChannels channels = network.channels();
        // A short stream is enough, and costs little where hellos come in crowds.
        this.replyId = client.asyncAddExclusivePublication(
                channels.helloPublication(channels.replyChannel(hello.replyEndpoint())), hello.replyStreamId());
    }

    /** @return whether it is over: sent, or given up. */
    boolean poll(long nowNs) {
        boolean over = nowNs - deadlineNs >= 0;
        try {
            reply = reply == null ? client.getExclusivePublication(replyId) : reply;
        } catch (RegistrationException e) {
            // An address that the driver cannot use: nobody there to be told.
            return true;
        }
        if (!over && reply != null && reply.isConnected()) {
            UnsafeBuffer buffer = new UnsafeBuffer(new byte[64]);
            HelloRefusedEncoder encoder = new HelloRefusedEncoder()
                    .wrapAndApplyHeader(buffer, 0, new MessageHeaderEncoder())
                    .nonce(hello.nonce())
                    .protocolVersion(Wire.PROTOCOL_VERSION)
                    .reason(reason);
            over = Offers.offer(reply, buffer, encoder.limit()) > 0;
        }
        if (over) {
            close();
        }
        return over;
    }

    void close() {
        AeronNetwork.giveBack(client, this::closeStream);
    }

    private void closeStream() {
        if (reply != null) {
            reply.close();
        } else {
            client.asyncRemovePublication(replyId);
        }
    }
}
