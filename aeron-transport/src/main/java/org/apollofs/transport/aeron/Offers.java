package org.apollofs.transport.aeron;

import io.aeron.DirectBufferVector;
import io.aeron.Publication;
import org.agrona.DirectBuffer;
import org.apollofs.transport.Lane;

/** Offers to Aeron, and what its statuses mean for a lane. Stateless. */
final class Offers {
    /** A term that has just ended answers ADMIN_ACTION; the next offer finds the next term. */
    private static final int ATTEMPTS = 4;

    private Offers() {}

    /** Offers the first {@code length} bytes. @return a position, or one of Aeron's negative statuses. */
    static long offer(Publication stream, DirectBuffer buffer, int length) {
        long status = Publication.ADMIN_ACTION;
        for (int i = 0; i < ATTEMPTS && status == Publication.ADMIN_ACTION; i++) {
            status = stream.offer(buffer, 0, length, null);
        }
        return status;
    }

    /** Offers the pieces as one message. @return a position, or one of Aeron's negative statuses. */
    static long offer(Publication stream, DirectBufferVector[] message) {
        long status = Publication.ADMIN_ACTION;
        for (int i = 0; i < ATTEMPTS && status == Publication.ADMIN_ACTION; i++) {
            status = stream.offer(message, null);
        }
        return status;
    }

    /** What a lane says to its caller. A stream at its end of positions, or closed, is a connection lost. */
    static long laneStatus(long status) {
        if (status > 0) {
            return Lane.SENT;
        }
        boolean full = status == Publication.BACK_PRESSURED || status == Publication.ADMIN_ACTION;
        return full ? Lane.BACK_PRESSURED : Lane.NOT_CONNECTED;
    }
}
