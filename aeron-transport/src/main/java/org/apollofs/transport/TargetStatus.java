package org.apollofs.transport;

/**
 * A target's figures.
 *
 * @param capacityBytes bytes for chunks.
 * @param freeBytes bytes not allocated.
 * @param chunkCount chunks held.
 * @param writable false once the target is read-only.
 */
public record TargetStatus(int targetId, long capacityBytes, long freeBytes, long chunkCount, boolean writable) {}
