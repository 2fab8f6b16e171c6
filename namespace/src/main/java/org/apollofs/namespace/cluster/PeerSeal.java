package org.apollofs.namespace.cluster;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import javax.crypto.Mac;
import javax.crypto.ShortBufferException;

/**
 * Puts a tag behind datagrams between members, and checks it: the first half of an HMAC-SHA256 of all before it. What makes an
 * answer one to this question, and a question one of this start, are the nonces within. One thread.
 */
final class PeerSeal {
    /** Bytes behind a message. */
    static final int TAG_LENGTH = 16;

    private final Mac mac;
    private final byte[] expected;
    private final byte[] found = new byte[TAG_LENGTH];
    private final byte[] tag = new byte[TAG_LENGTH];

    PeerSeal(Mac mac) {
        this.mac = mac;
        expected = new byte[mac.getMacLength()];
    }

    /** Puts a tag behind a message, which ends at the buffer's limit. @return the same buffer, to be sent. */
    ByteBuffer sign(ByteBuffer message) {
        int length = message.limit();
        compute(message, length);
        System.arraycopy(expected, 0, tag, 0, TAG_LENGTH);
        return message.clear().put(length, tag).limit(length + TAG_LENGTH);
    }

    /** Whether what was received, flipped, is a message of some length and a valid tag. */
    boolean isGenuine(ByteBuffer received, int messageLength) {
        if (received.limit() != messageLength + TAG_LENGTH) {
            return false;
        }
        received.get(messageLength, found);
        compute(received, messageLength);
        System.arraycopy(expected, 0, tag, 0, TAG_LENGTH);
        return MessageDigest.isEqual(tag, found);
    }

    private void compute(ByteBuffer message, int length) {
        mac.update(message.duplicate().position(0).limit(length));
        try {
            mac.doFinal(expected, 0);
        } catch (ShortBufferException e) {
            throw new IllegalStateException("the buffer is as long as the MAC", e);
        }
    }
}
