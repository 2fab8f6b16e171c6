package org.apollofs.transport.aeron.seal;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Objects;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The key of seals: follows from the site's secret and a scope by HMAC-SHA256 (RFC 2104), so that what is sealed for one
 * scope (a namespace, the lanes of a site) is nothing in another. The secret cannot be found from it. Immutable.
 */
public final class SealKey {
    /** Shortest secret in bytes. */
    public static final int MIN_SECRET_LENGTH = 16;

    private static final String ALGORITHM = "HmacSHA256";
    private static final String PURPOSE = "apollo datagrams 1\n";

    private final long k0;
    private final long k1;

    private SealKey(long k0, long k1) {
        this.k0 = k0;
        this.k1 = k1;
    }

    /**
     * Derives a key.
     *
     * @param secret of the site, {@link #MIN_SECRET_LENGTH} bytes or more.
     * @param scope for which it is, such as the id of a namespace.
     */
    public static SealKey of(byte[] secret, String scope) {
        if (secret.length < MIN_SECRET_LENGTH) {
            throw new IllegalArgumentException(
                    "a secret has at least " + MIN_SECRET_LENGTH + " bytes: length=" + secret.length);
        }
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(secret, ALGORITHM));
            mac.update(PURPOSE.getBytes(StandardCharsets.UTF_8));
            UnsafeBuffer derived = new UnsafeBuffer(
                    mac.doFinal(Objects.requireNonNull(scope, "scope").getBytes(StandardCharsets.UTF_8)));
            return new SealKey(derived.getLong(0), derived.getLong(Long.BYTES));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
    }

    /** The tag of a piece of a buffer. */
    long tag(DirectBuffer buffer, int offset, int length) {
        return SipHash.hash(k0, k1, buffer, offset, length);
    }
}
