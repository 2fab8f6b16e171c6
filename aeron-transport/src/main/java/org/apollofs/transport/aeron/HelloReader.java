package org.apollofs.transport.aeron;

import org.agrona.DirectBuffer;
import org.apollofs.transport.protocol.HelloDecoder;
import org.apollofs.transport.protocol.MessageHeaderDecoder;
import org.apollofs.transport.protocol.RefusalReason;

/**
 * Hellos to one target, from anybody who can reach its port: each field is checked, then the token. The target's thread
 * only.
 */
abstract class HelloReader extends GreetingReader {
    private static final int MAX_ENDPOINT_LENGTH = 255;

    private final AeronNetwork network;
    private final int targetId;
    private final HelloDecoder decoder = new HelloDecoder();
    private final byte[] token = new byte[Authenticator.TOKEN_LENGTH];

    HelloReader(AeronNetwork network, int targetId) {
        this.network = network;
        this.targetId = targetId;
    }

    /** A host of this site, with the secret, wants a lane to this target. */
    abstract void onHello(Hello hello);

    /** A hello that gets a refusal. */
    abstract void onRefused(Hello hello, RefusalReason reason);

    @Override
    void onGreeting(int templateId, DirectBuffer buffer, int body, int end) {
        if (templateId != HelloDecoder.TEMPLATE_ID || header.blockLength() != HelloDecoder.BLOCK_LENGTH) {
            onUnreadable();
            return;
        }
        decoder.wrap(buffer, body, header.blockLength(), header.version());
        int endpointLength = Wire.varDataLength(buffer, decoder.limit(), end);
        if (endpointLength < 0 || endpointLength > MAX_ENDPOINT_LENGTH) {
            onUnreadable();
            return;
        }
        Hello hello = decode();
        boolean ipc = LaneChannels.isIpc(network.ctx().targetChannel(targetId));
        boolean address = ipc ? hello.replyEndpoint().isEmpty() : LaneChannels.isEndpoint(hello.replyEndpoint());
        if (!address) {
            onUnreadable();
            return;
        }
        RefusalReason refusal = judge(hello, buffer, body - MessageHeaderDecoder.ENCODED_LENGTH, end);
        if (refusal == null) {
            onHello(hello);
        } else {
            onRefused(hello, refusal);
        }
    }

    private Hello decode() {
        return new Hello(
                decoder.protocolVersion(),
                decoder.targetId(),
                decoder.siteIdHigh(),
                decoder.siteIdLow(),
                decoder.session(),
                decoder.nonce(),
                decoder.requestStreamId(),
                decoder.requestSessionId(),
                decoder.replyStreamId(),
                decoder.slotCount(),
                decoder.replyEndpoint());
    }

    /** @return why the hello is refused, or null. The decoder stands behind the reply endpoint. */
    private RefusalReason judge(Hello hello, DirectBuffer buffer, int start, int end) {
        AeronNetworkContext ctx = network.ctx();
        if (hello.protocolVersion() != Wire.PROTOCOL_VERSION) {
            return RefusalReason.VERSION;
        }
        boolean sameSite = hello.siteIdHigh() == ctx.siteId().getMostSignificantBits()
                && hello.siteIdLow() == ctx.siteId().getLeastSignificantBits();
        if (!sameSite) {
            return RefusalReason.SITE;
        }
        if (hello.targetId() != targetId) {
            return RefusalReason.TARGET;
        }
        int tokenAt = decoder.limit();
        if (Wire.varDataLength(buffer, tokenAt, end) != token.length) {
            return RefusalReason.TOKEN;
        }
        decoder.getToken(token, 0, token.length);
        if (!network.authenticator().verify(buffer, start, tokenAt - start, token)) {
            return RefusalReason.TOKEN;
        }
        boolean slots = hello.slotCount() >= 1 && hello.slotCount() <= Wire.MAX_SLOTS;
        return slots && hello.session() > 0 ? null : RefusalReason.MALFORMED;
    }
}
