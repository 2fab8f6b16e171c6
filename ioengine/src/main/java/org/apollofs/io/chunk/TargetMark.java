package org.apollofs.io.chunk;

import java.util.UUID;

/**
 * Which namespace a target was last used by, and how new that was: written into the superblock at each start, before the first chunk.
 * So an older copy of a target is found, and whoever would delete chunks can be asked whether he may speak for that namespace.
 *
 * @param namespaceId of the namespace whose sessions wrote the chunks; all zero for a target that was never used.
 * @param generation of the namespace at that start; 0 for a target that was never used.
 */
public record TargetMark(UUID namespaceId, long generation) {
    /** Of a target that was never used, or was last used by a build that made no marks. */
    public static final TargetMark NONE = new TargetMark(new UUID(0, 0), 0);

    /** Whether the target was used. */
    public boolean isUsed() {
        return generation > 0;
    }
}
