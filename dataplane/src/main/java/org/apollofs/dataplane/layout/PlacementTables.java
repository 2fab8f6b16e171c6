package org.apollofs.dataplane.layout;

import java.util.Arrays;
import java.util.List;
import org.agrona.collections.Int2ObjectHashMap;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.client.PlacementTable;

/**
 * The placement tables of the namespace, cached: a table never changes, so a cached one is right for ever.
 *
 * <p>Thread-safe. A table that is not cached costs a call to the namespace, which may wait.
 */
public final class PlacementTables {
    private final Namespace namespace;
    private final Int2ObjectHashMap<PlacementTable> byId = new Int2ObjectHashMap<>();

    public PlacementTables(Namespace namespace) {
        this.namespace = namespace;
    }

    /**
     * A table by its id.
     *
     * @throws IllegalStateException if the namespace has none: an extent refers to what was never made.
     */
    public synchronized PlacementTable table(int id) {
        PlacementTable table = byId.get(id);
        if (table == null) {
            load();
            table = byId.get(id);
            if (table == null) {
                throw new IllegalStateException("placement table is unknown to the namespace: id=" + id);
            }
        }
        return table;
    }

    /**
     * The table for new stripes: the newest one that is just what {@link PlacementPlanner} makes of these targets, added
     * to the namespace if there is none yet.
     */
    public synchronized PlacementTable tableFor(StripeLayout layout, int[] targets, int[] domains) {
        List<int[]> groups = PlacementPlanner.plan(layout, targets, domains);
        load();
        PlacementTable match = null;
        for (PlacementTable table : byId.values()) {
            if (table.dataChunks() == layout.dataChunks()
                    && table.parityChunks() == layout.parityChunks()
                    && equal(table.groups(), groups)
                    && (match == null || match.id() < table.id())) {
                match = table;
            }
        }
        if (match == null) {
            match = namespace.addPlacementTable(layout.dataChunks(), layout.parityChunks(), groups);
            byId.put(match.id(), match);
        }
        return match;
    }

    private void load() {
        for (PlacementTable table : namespace.placementTables()) {
            byId.put(table.id(), table);
        }
    }

    private static boolean equal(List<int[]> left, List<int[]> right) {
        if (left.size() != right.size()) {
            return false;
        }
        for (int i = 0; i < left.size(); i++) {
            if (!Arrays.equals(left.get(i), right.get(i))) {
                return false;
            }
        }
        return true;
    }
}
