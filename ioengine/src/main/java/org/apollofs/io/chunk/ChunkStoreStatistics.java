package org.apollofs.io.chunk;

import java.util.List;
import java.util.Map;

/**
 * A store's figures at a moment.
 *
 * @param capacityBytes of the data region.
 * @param freeBytes in blocks not handed out.
 * @param chunkCount chunks held.
 * @param writable false once out of service.
 * @param outOfServiceReason one line, or null while writable.
 * @param device one line about the device: path, backend, options.
 */
public record ChunkStoreStatistics(
        int targetId,
        long capacityBytes,
        long freeBytes,
        long chunkCount,
        boolean writable,
        String outOfServiceReason,
        String device,
        Map<StoreCounter, Long> counters,
        List<StageLatency> latencies) {}
