package org.apollofs.io.chunk;

/**
 * How long one stage took.
 *
 * @param count chunks or reads.
 * @param p50Ns median, and so on, in ns, to two digits.
 */
public record StageLatency(StoreStage stage, long count, long p50Ns, long p99Ns, long p999Ns, long maxNs) {}
