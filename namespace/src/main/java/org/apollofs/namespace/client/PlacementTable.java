package org.apollofs.namespace.client;

import java.util.List;

/**
 * Which targets hold a stripe: stripe {@code s} lies on group {@code s mod groups}, its chunk {@code i} on the group's
 * {@code i}-th target. A table never changes; a new one gets a new id.
 *
 * @param id from 1.
 * @param groups each k+m target ids, all different.
 */
public record PlacementTable(int id, int dataChunks, int parityChunks, List<int[]> groups) {
    /** The targets of a stripe, in chunk order. Not to be changed. */
    public int[] group(long stripe) {
        return groups.get((int) (stripe % groups.size()));
    }
}
