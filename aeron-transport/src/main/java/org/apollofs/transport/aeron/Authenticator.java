package org.apollofs.transport.aeron;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.agrona.DirectBuffer;

/**
 * Signs and checks the messages that open a lane, with HMAC-SHA256 (RFC 2104) under the site's secret. The secret itself
 * never goes on the wire. Thread-safe; cold side only.
 */
final class Authenticator {
    /** Bytes of a token. */
    static final int TOKEN_LENGTH = 32;
    /** Shortest secret in bytes. */
    static final int MIN_SECRET_LENGTH = 16;

    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec key;

    /** @param secret at least {@link #MIN_SECRET_LENGTH} bytes; copied. */
    Authenticator(byte[] secret) {
        key = new SecretKeySpec(secret, ALGORITHM);
    }

    /** The token of a piece of a buffer. */
    byte[] sign(DirectBuffer buffer, int offset, int length) {
        byte[] message = new byte[length];
        buffer.getBytes(offset, message);
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac.doFinal(message);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
    }

    /** Whether the token is that of the piece; the time taken does not say where they differ. */
    boolean verify(DirectBuffer buffer, int offset, int length, byte[] token) {
        return MessageDigest.isEqual(sign(buffer, offset, length), token);
    }
}
