package org.apollofs.namespace.cluster;

import java.net.SocketAddress;
import java.nio.ByteBuffer;
import org.agrona.concurrent.NanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Datagrams at a member's own port from senders without its key: they are counted, a few are told so, and a line a minute says it. One
 * thread.
 */
final class Strangers {
    private static final Logger LOG = LoggerFactory.getLogger(Strangers.class);
    private static final int REFUSALS_A_SECOND = 10;
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long LOG_INTERVAL_NS = 60 * SECOND_NS;

    private final NanoClock clock;
    private long count;
    private long loggedNs;
    private long secondNs;
    private int refusals;

    Strangers(NanoClock clock) {
        this.clock = clock;
        secondNs = clock.nanoTime();
        loggedNs = secondNs - LOG_INTERVAL_NS;
    }

    long count() {
        return count;
    }

    /**
     * A datagram that is not genuine.
     *
     * @param received flipped; made a refusal if it is to be answered, which is shorter.
     * @return whether it is to be answered.
     */
    boolean onStranger(ByteBuffer received, SocketAddress from) {
        count++;
        long now = clock.nanoTime();
        if (now - loggedNs >= LOG_INTERVAL_NS) {
            loggedNs = now;
            LOG.warn("datagrams without this namespace's tag are dropped: from={}, so far={}", from, count);
        }
        if (now - secondNs >= SECOND_NS) {
            secondNs = now;
            refusals = 0;
        }
        if (refusals >= REFUSALS_A_SECOND || !PeerMessage.isRefusable(received)) {
            return false;
        }
        refusals++;
        PeerMessage.put(
                received,
                PeerMessage.REFUSED,
                PeerMessage.nonce(received),
                PeerMessage.number(received),
                PeerMessage.member(received),
                0);
        return true;
    }
}
