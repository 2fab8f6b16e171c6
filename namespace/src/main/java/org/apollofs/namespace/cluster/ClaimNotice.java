package org.apollofs.namespace.cluster;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.apollofs.namespace.state.IdentityClaim;

/**
 * What the member that leads says in the log of who the namespace is, see {@link IdentityClaim}.
 *
 * <pre>
 *  0    4       8
 *  | -3 | spare | claim ... |
 * </pre>
 *
 * The first field is where commands have a length, which is never negative; see also {@link SpaceNotice}.
 */
final class ClaimNotice {
    static final int LENGTH = 8 + IdentityClaim.LENGTH;
    private static final int MARK = -3;

    private ClaimNotice() {}

    static void put(MutableDirectBuffer buffer, IdentityClaim claim) {
        buffer.putInt(0, MARK, LITTLE_ENDIAN);
        buffer.putInt(4, 0, LITTLE_ENDIAN);
        claim.put(buffer, 8);
    }

    static boolean isNotice(DirectBuffer buffer, int offset, int length) {
        return length == LENGTH && buffer.getInt(offset, LITTLE_ENDIAN) == MARK;
    }

    static IdentityClaim claim(DirectBuffer buffer, int offset) {
        return IdentityClaim.get(buffer, offset + 8);
    }
}
