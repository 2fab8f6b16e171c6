package org.apollofs.transport.aeron;

import io.aeron.Aeron;
import io.aeron.ChannelUri;
import io.aeron.ChannelUriStringBuilder;
import io.aeron.CommonContext;
import java.util.regex.Pattern;

/** The channel strings of lanes: a target's own channel, dressed for each use. Immutable. */
final class LaneChannels {
    /** A host and port, and nothing that could say more in a channel string. */
    private static final Pattern ENDPOINT =
            Pattern.compile("[A-Za-z0-9._-]{1,200}:[0-9]{1,5}|\\[[0-9A-Fa-f:.]{2,60}]:[0-9]{1,5}");

    private static final int HELLO_TERM_LENGTH = 64 * 1024;

    private final AeronNetworkContext ctx;

    LaneChannels(AeronNetworkContext ctx) {
        this.ctx = ctx;
    }

    static boolean isIpc(String channel) {
        return ChannelUri.parse(channel).isIpc();
    }

    /** Whether a string from the wire names an endpoint. Port 0 is nobody's address. */
    static boolean isEndpoint(String endpoint) {
        return ENDPOINT.matcher(endpoint).matches() && !endpoint.endsWith(":0");
    }

    /** Where hellos are sent to. */
    String helloPublication(String target) {
        return socketBuffers(target).termLength(HELLO_TERM_LENGTH).linger(0L).build();
    }

    /** Where requests or answers are sent to. */
    String dataPublication(String channel) {
        ChannelUriStringBuilder uri = socketBuffers(channel).termLength(ctx.termLength());
        int mtuLength = isIpc(channel) ? ctx.ipcMtuLength() : ctx.udpMtuLength();
        if (mtuLength > 0) {
            uri.mtu(mtuLength);
        }
        return uri.linger(0L).build();
    }

    /** Where hellos are awaited. */
    String helloSubscription(String target) {
        return receiving(target).build();
    }

    /** The socket of all answers over UDP, under a name of its own in the driver: its port may be the system's choice. */
    String replyAnchor(String endpoint, long tag) {
        return receiving(replyChannel(endpoint)).tags(Long.toString(tag)).build();
    }

    /** Where answers are awaited. @param tag of the anchor, or {@link Aeron#NULL_VALUE} for IPC. */
    String replySubscription(long tag) {
        return tag == Aeron.NULL_VALUE
                ? CommonContext.IPC_CHANNEL
                : receiving("aeron:udp?tags=" + tag).build();
    }

    /** Where the requests of one host are awaited. */
    String requestSubscription(String target, int sessionId) {
        return receiving(target).sessionId(sessionId).build();
    }

    /** The channel of answers to a host. @param endpoint empty for IPC. */
    String replyChannel(String endpoint) {
        return endpoint.isEmpty() ? CommonContext.IPC_CHANNEL : "aeron:udp?endpoint=" + endpoint;
    }

    private ChannelUriStringBuilder receiving(String channel) {
        ChannelUriStringBuilder uri = socketBuffers(channel);
        if (!isIpc(channel) && ctx.windowLength() > 0) {
            uri.receiverWindowLength(ctx.windowLength());
        }
        return uri;
    }

    private ChannelUriStringBuilder socketBuffers(String channel) {
        ChannelUriStringBuilder uri = new ChannelUriStringBuilder(channel);
        if (!isIpc(channel) && ctx.socketBufferLength() > 0) {
            uri.socketSndbufLength(ctx.socketBufferLength()).socketRcvbufLength(ctx.socketBufferLength());
        }
        return uri;
    }
}
