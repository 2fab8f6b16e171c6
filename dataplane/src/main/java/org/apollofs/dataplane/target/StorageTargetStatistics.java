package org.apollofs.dataplane.target;

import java.util.Map;
import org.apollofs.io.chunk.ChunkStoreStatistics;

/**
 * A target's figures at a moment.
 *
 * @param store those of its chunk store: space, chunks, service, counters, latencies.
 * @param counters of the target itself.
 * @param slabCount slabs for chunks that arrive or leave.
 * @param freeSlabs of these, not in use.
 */
public record StorageTargetStatistics(
        ChunkStoreStatistics store, Map<TargetCounter, Long> counters, int slabCount, int freeSlabs) {}
