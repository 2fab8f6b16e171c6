package org.apollofs.dataplane.stripe;

import java.util.concurrent.ConcurrentHashMap;
import org.apollofs.io.erasure.ErasureCode;
import org.apollofs.io.erasure.Reconstruction;

/** Erasure codes by layout, and how to rebuild one chunk from k others: made once, for any thread. */
public final class ParityCodes {
    private record Layout(int dataChunks, int parityChunks) {}

    private record Plan(Layout layout, long present, int wanted) {}

    private final ConcurrentHashMap<Layout, ErasureCode> codes = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Plan, Reconstruction> plans = new ConcurrentHashMap<>();

    ErasureCode code(int dataChunks, int parityChunks) {
        return codes.computeIfAbsent(
                new Layout(dataChunks, parityChunks), key -> ErasureCode.of(key.dataChunks(), key.parityChunks()));
    }

    /** How to compute a chunk. @param present bits of exactly k chunks. @param wanted index of the chunk to rebuild. */
    public Reconstruction plan(int dataChunks, int parityChunks, long present, int wanted) {
        return plans.computeIfAbsent(
                new Plan(new Layout(dataChunks, parityChunks), present, wanted),
                key -> code(dataChunks, parityChunks).reconstruction(key.present(), 1L << key.wanted()));
    }
}
