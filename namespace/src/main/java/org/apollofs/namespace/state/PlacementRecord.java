package org.apollofs.namespace.state;

import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.apollofs.namespace.client.PlacementTable;

/**
 * A placement table as it stands in the table {@code placements}: {@code | k | m | target ... |}, ints, little-endian,
 * targets group by group.
 */
final class PlacementRecord {
    static final int DATA_CHUNKS = 0;
    static final int PARITY_CHUNKS = 4;
    static final int TARGETS = 8;

    private PlacementRecord() {}

    static void encodeHead(MutableDirectBuffer buffer, int dataChunks, int parityChunks) {
        buffer.putInt(DATA_CHUNKS, dataChunks);
        buffer.putInt(PARITY_CHUNKS, parityChunks);
    }

    static PlacementTable decode(int id, DirectBuffer value) {
        int k = value.getInt(DATA_CHUNKS);
        int m = value.getInt(PARITY_CHUNKS);
        List<int[]> groups = new ArrayList<>();
        for (int offset = TARGETS; offset < value.capacity(); offset += (k + m) * Integer.BYTES) {
            int[] group = new int[k + m];
            for (int i = 0; i < group.length; i++) {
                group[i] = value.getInt(offset + i * Integer.BYTES);
            }
            groups.add(group);
        }
        return new PlacementTable(id, k, m, List.copyOf(groups));
    }
}
