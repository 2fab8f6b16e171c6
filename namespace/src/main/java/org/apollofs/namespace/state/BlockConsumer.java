package org.apollofs.namespace.state;

import org.agrona.DirectBuffer;

/** Takes the blocks of a snapshot, in order. */
@FunctionalInterface
public interface BlockConsumer {
    /**
     * A block: up to about 320 KiB.
     *
     * @param buffer valid during the call.
     */
    void onBlock(DirectBuffer buffer, int offset, int length);
}
