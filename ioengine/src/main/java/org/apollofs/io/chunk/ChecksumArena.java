package org.apollofs.io.chunk;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Small arrays of ints outside the heap, named by an int, for the checksums of chunks: 64 bytes for a 1 MiB chunk.
 *
 * <p>Memory is cut from regions of 1 MiB in units of 16 bytes; freed pieces are kept in a list per size, threaded through
 * the pieces themselves, and used again for the same size. Chunks of a target have few sizes, so little is lost. Names
 * reach 64 GiB. One owner, who closes it.
 */
final class ChecksumArena implements AutoCloseable {
    private static final int REGION_LENGTH = 1 << 20;
    private static final int UNIT_LENGTH = 16;
    private static final int REGION_UNITS = REGION_LENGTH / UNIT_LENGTH;
    private static final int REGION_SHIFT = 16;
    private static final int MAX_REGIONS = 1 << 16;
    private static final int NONE = -1;

    private final List<NativeMemory> regions = new ArrayList<>();
    private final int[] freeHeads;
    private int usedUnits = REGION_UNITS;

    /** @param maxInts longest array. */
    ChecksumArena(int maxInts) {
        freeHeads = new int[units(maxInts) + 1];
        Arrays.fill(freeHeads, NONE);
    }

    private static int units(int ints) {
        return (ints * Integer.BYTES + UNIT_LENGTH - 1) / UNIT_LENGTH;
    }

    /** Takes room for so many ints. */
    int allocate(int ints) {
        int units = units(ints);
        int head = freeHeads[units];
        if (head != NONE) {
            freeHeads[units] = region(head).getInt(offset(head));
            return head;
        }
        if (usedUnits + units > REGION_UNITS) {
            if (regions.size() == MAX_REGIONS - 1) {
                throw new IllegalStateException("checksum arena full: regions=" + regions.size());
            }
            regions.add(new NativeMemory(REGION_LENGTH));
            usedUnits = 0;
        }
        int name = ((regions.size() - 1) << REGION_SHIFT) | usedUnits;
        usedUnits += units;
        return name;
    }

    /** Gives an array back; so many ints as were asked for. */
    void free(int name, int ints) {
        int units = units(ints);
        region(name).putInt(offset(name), freeHeads[units]);
        freeHeads[units] = name;
    }

    /** Copies ints in. @param firstInt place in the array. */
    void put(int name, int firstInt, DirectBuffer source, int bytes) {
        region(name).putBytes(offset(name) + firstInt * Integer.BYTES, source, 0, bytes);
    }

    /** Wraps a part of an array. */
    void wrap(int name, int firstInt, int ints, UnsafeBuffer view) {
        view.wrap(region(name), offset(name) + firstInt * Integer.BYTES, ints * Integer.BYTES);
    }

    /** Bytes outside the heap. */
    long memoryBytes() {
        return (long) regions.size() * REGION_LENGTH;
    }

    private UnsafeBuffer region(int name) {
        return regions.get(name >>> REGION_SHIFT).buffer();
    }

    private static int offset(int name) {
        return (name & (REGION_UNITS - 1)) * UNIT_LENGTH;
    }

    @Override
    public void close() {
        regions.forEach(NativeMemory::close);
        regions.clear();
    }
}
