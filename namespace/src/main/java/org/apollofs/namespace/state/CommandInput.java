package org.apollofs.namespace.state;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.command.CommandHead;
import org.apollofs.namespace.command.sbe.MessageHeaderDecoder;

/**
 * The command being carried out, and what is needed to decode it. Owned by the apply thread.
 */
final class CommandInput {
    final MessageHeaderDecoder header = new MessageHeaderDecoder();
    final UnsafeBuffer first = new UnsafeBuffer(0, 0);
    final UnsafeBuffer second = new UnsafeBuffer(0, 0);
    final UnsafeBuffer third = new UnsafeBuffer(0, 0);

    private DirectBuffer command;
    private long session;
    private boolean isDecoded;

    /** The next command, of a session. */
    void wrap(DirectBuffer buffer, long ofSession) {
        command = buffer;
        session = ofSession;
        isDecoded = false;
    }

    DirectBuffer command() {
        return command;
    }

    long session() {
        return session;
    }

    /** All of the command has been read: what goes wrong from here on is our fault. */
    void decoded() {
        isDecoded = true;
    }

    boolean isDecoded() {
        return isDecoded;
    }

    /** The block must be as long as this build's, and within the command. */
    DirectBuffer checked(int blockLength) {
        int claimed = CommandHead.blockLength(command, 0);
        if (claimed < blockLength || MessageHeaderDecoder.ENCODED_LENGTH + claimed > command.capacity()) {
            throw new IndexOutOfBoundsException("blockLength=" + claimed + ", length=" + command.capacity());
        }
        return command;
    }
}
