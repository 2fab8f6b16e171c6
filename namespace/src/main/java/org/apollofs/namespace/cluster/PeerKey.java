package org.apollofs.namespace.cluster;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What members prove themselves to each other with, and operators to them: a key that follows from the site's secret and the
 * namespace by HMAC-SHA256 (RFC 2104), so that members of two namespaces with one secret are nothing to each other. Immutable.
 */
public final class PeerKey {
    static final String ALGORITHM = "HmacSHA256";

    private static final String PURPOSE = "apollo namespace peers 1\n";
    private static final int MIN_SECRET_LENGTH = 16;

    private final SecretKeySpec key;

    private PeerKey(SecretKeySpec key) {
        this.key = key;
    }

    /**
     * Derives the key.
     *
     * @param secret of the site, 16 bytes or more.
     * @param namespace by which the namespace is told from others.
     */
    public static PeerKey of(byte[] secret, String namespace) {
        if (secret.length < MIN_SECRET_LENGTH) {
            throw new IllegalArgumentException(
                    "a secret has at least " + MIN_SECRET_LENGTH + " bytes: length=" + secret.length);
        }
        Mac mac = newMac(new SecretKeySpec(secret, ALGORITHM));
        mac.update(PURPOSE.getBytes(StandardCharsets.UTF_8));
        return new PeerKey(new SecretKeySpec(mac.doFinal(namespace.getBytes(StandardCharsets.UTF_8)), ALGORITHM));
    }

    /** For one thread. */
    PeerSeal newSeal() {
        return new PeerSeal(newMac(key));
    }

    private static Mac newMac(SecretKeySpec key) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
    }
}
