package org.apollofs.namespace.state;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.apollofs.namespace.client.NamespaceIdentity;

/**
 * What a member says in the log at the beginning of a generation: "this is namespace {@code id}, it is of generation
 * {@code least} at least, and {@code generation} begins now". It takes effect only if that is true: where the log is another
 * namespace's, or an older copy of this one's, it changes nothing, on no replica and at no restart.
 *
 * <pre>
 *  0        8       16      24           32
 *  | idHigh | idLow | least | generation |
 * </pre>
 *
 * @param least generation that the namespace must have had; 0 for any, also none.
 * @param generation that begins: higher than the one it has.
 */
public record IdentityClaim(UUID id, long least, long generation) {
    /** Bytes. */
    public static final int LENGTH = 32;

    /** Writes it: {@link #LENGTH} bytes. */
    public void put(MutableDirectBuffer buffer, int offset) {
        buffer.putLong(offset, id.getMostSignificantBits(), LITTLE_ENDIAN);
        buffer.putLong(offset + 8, id.getLeastSignificantBits(), LITTLE_ENDIAN);
        buffer.putLong(offset + 16, least, LITTLE_ENDIAN);
        buffer.putLong(offset + 24, generation, LITTLE_ENDIAN);
    }

    /** Reads it. */
    public static IdentityClaim get(DirectBuffer buffer, int offset) {
        return new IdentityClaim(
                new UUID(buffer.getLong(offset, LITTLE_ENDIAN), buffer.getLong(offset + 8, LITTLE_ENDIAN)),
                buffer.getLong(offset + 16, LITTLE_ENDIAN),
                buffer.getLong(offset + 24, LITTLE_ENDIAN));
    }

    /** Whether it has taken effect, and none since. */
    public boolean isOf(NamespaceIdentity present) {
        return present.generation() == generation && present.id().equals(id);
    }

    /** Whether it holds of a namespace. */
    public boolean fits(NamespaceIdentity present) {
        return (!present.isKnown() || present.id().equals(id))
                && present.generation() >= least
                && present.generation() < generation;
    }

    /** Begins the generation; it fits. */
    void begin(Meta meta) {
        meta.set(Meta.ID_HIGH, id.getMostSignificantBits());
        meta.set(Meta.ID_LOW, id.getLeastSignificantBits());
        meta.set(Meta.GENERATION, generation);
        long next = Math.max(meta.get(Meta.NEXT_SESSION), NamespaceIdentity.leastSession(generation));
        meta.set(Meta.NEXT_SESSION, next);
        meta.set(Meta.FIRST_SESSION, next);
    }
}
