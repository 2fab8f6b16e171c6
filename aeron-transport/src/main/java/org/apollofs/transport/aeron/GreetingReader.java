package org.apollofs.transport.aeron;

import io.aeron.logbuffer.ControlledFragmentHandler;
import io.aeron.logbuffer.FrameDescriptor;
import io.aeron.logbuffer.Header;
import org.agrona.DirectBuffer;
import org.apollofs.transport.protocol.MessageHeaderDecoder;

/**
 * Takes hellos and answers to hellos: each is one fragment, from anybody. Unlike a {@link MessageReader} it keeps no
 * state between fragments, so no stranger can spoil the next one's greeting.
 */
abstract class GreetingReader implements ControlledFragmentHandler {
    protected final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private RuntimeException failure;

    @Override
    public final Action onFragment(DirectBuffer buffer, int offset, int length, Header frame) {
        try {
            boolean whole = (frame.flags() & FrameDescriptor.UNFRAGMENTED) == FrameDescriptor.UNFRAGMENTED;
            int end = offset + length;
            int body = offset + MessageHeaderDecoder.ENCODED_LENGTH;
            if (whole && body <= end) {
                header.wrap(buffer, offset);
                boolean ours = header.schemaId() == MessageHeaderDecoder.SCHEMA_ID;
                if (ours && header.blockLength() <= end - body) {
                    onGreeting(header.templateId(), buffer, body, end);
                    return Action.COMMIT;
                }
            }
            onUnreadable();
            return Action.COMMIT;
        } catch (RuntimeException e) {
            failure = e;
            return Action.BREAK;
        }
    }

    /**
     * A message of this schema that is no longer than its fragment.
     *
     * @param body where its block begins.
     * @param end of the fragment.
     */
    abstract void onGreeting(int templateId, DirectBuffer buffer, int body, int end);

    /** Something else. */
    abstract void onUnreadable();

    /** @throws RuntimeException what a handler threw during the last poll: Aeron would have kept it to itself. */
    final void throwFailure() {
        if (failure != null) {
            RuntimeException thrown = failure;
            failure = null;
            throw thrown;
        }
    }
}
