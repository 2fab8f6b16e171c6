package org.apollofs.transport.aeron;

import io.aeron.logbuffer.ControlledFragmentHandler;
import io.aeron.logbuffer.FrameDescriptor;
import io.aeron.logbuffer.Header;
import org.agrona.DirectBuffer;
import org.apollofs.transport.protocol.MessageHeaderDecoder;

/**
 * Takes the fragments of one image: the message header and the lengths are checked here, before anything is decoded, and
 * a message that spans fragments is led through its fragments. Whoever extends it says what messages mean.
 *
 * <p>Aeron hands what a fragment handler throws to its error handler and goes on; a bug must stop the agent, so the
 * exception is kept, the poll ends, and {@link #throwFailure} throws it where the agent sees it.
 */
abstract class MessageReader implements ControlledFragmentHandler {
    protected final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private RuntimeException failure;
    private String malformed;
    private boolean inMessage;

    @Override
    public final Action onFragment(DirectBuffer buffer, int offset, int length, Header frame) {
        if (malformed != null || failure != null) {
            return Action.ABORT;
        }
        try {
            byte flags = frame.flags();
            boolean begins = (flags & FrameDescriptor.BEGIN_FRAG_FLAG) != 0;
            boolean ends = (flags & FrameDescriptor.END_FRAG_FLAG) != 0;
            return take(buffer, offset, length, begins, ends);
        } catch (RuntimeException e) {
            failure = e;
            return Action.BREAK;
        }
    }

    private Action take(DirectBuffer buffer, int offset, int length, boolean begins, boolean ends) {
        if (begins == inMessage) {
            return malformed(begins ? "message in a message" : "fragment without beginning");
        }
        if (!begins) {
            inMessage = !ends;
            return onContinuation(buffer, offset, length, ends);
        }
        if (length < MessageHeaderDecoder.ENCODED_LENGTH) {
            return malformed("no header");
        }
        header.wrap(buffer, offset);
        int end = offset + length;
        int body = offset + MessageHeaderDecoder.ENCODED_LENGTH;
        if (header.schemaId() != MessageHeaderDecoder.SCHEMA_ID || header.blockLength() > end - body) {
            return malformed("header");
        }
        Action action = onMessage(header.templateId(), buffer, body, end, ends);
        inMessage = action != Action.ABORT && !ends;
        return action;
    }

    /**
     * A message begins.
     *
     * @param body where its block begins; {@code header} is wrapped, the block ends before {@code end}.
     * @param end of the fragment.
     * @param whole whether this fragment is all of it.
     */
    abstract Action onMessage(int templateId, DirectBuffer buffer, int body, int end, boolean whole);

    /** A message goes on. @param ends whether with this fragment it ends. */
    abstract Action onContinuation(DirectBuffer buffer, int offset, int length, boolean ends);

    /** Nothing more is taken from this image; {@link #malformed()} says why. */
    final Action malformed(String what) {
        malformed = what;
        return Action.BREAK;
    }

    /** What was wrong with a message, or null. The connection is to be ended. */
    final String malformed() {
        return malformed;
    }

    /** @throws RuntimeException what a handler threw during the last poll. */
    final void throwFailure() {
        if (failure != null) {
            RuntimeException thrown = failure;
            failure = null;
            throw thrown;
        }
    }

    /** Whether the message's block is as long as it must be: both ends speak the same version. */
    final boolean hasBlock(int blockLength) {
        return header.blockLength() == blockLength;
    }
}
