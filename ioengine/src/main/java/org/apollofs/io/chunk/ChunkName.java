package org.apollofs.io.chunk;

/** Name of a chunk, for lists. */
public record ChunkName(long session, long stripe, int index) {}
