package org.apollofs.transport.aeron;

/**
 * What a host said in its hello, in range, but not believed yet.
 *
 * @param replyEndpoint host:port, or empty for IPC.
 */
record Hello(
        int protocolVersion,
        int targetId,
        long siteIdHigh,
        long siteIdLow,
        long session,
        long nonce,
        int requestStreamId,
        int requestSessionId,
        int replyStreamId,
        int slotCount,
        String replyEndpoint) {}
