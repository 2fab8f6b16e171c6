package org.apollofs.perf.store;

import java.util.SplittableRandom;
import org.agrona.MutableDirectBuffer;

/** Content that no layer below can make smaller. */
final class Fill {
    private Fill() {}

    /** Random bytes that follow from a seed. */
    static void random(MutableDirectBuffer buffer, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i + Long.BYTES <= buffer.capacity(); i += Long.BYTES) {
            buffer.putLong(i, random.nextLong());
        }
    }
}
