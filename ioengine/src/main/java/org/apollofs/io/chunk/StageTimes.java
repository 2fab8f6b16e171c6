package org.apollofs.io.chunk;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import org.HdrHistogram.AtomicHistogram;

/** A histogram per {@link StoreStage}: recorded by the store's thread, read by any. */
final class StageTimes {
    private static final long MAX_NS = 100_000_000_000L;
    private static final int DIGITS = 2;

    private final EnumMap<StoreStage, AtomicHistogram> histograms = new EnumMap<>(StoreStage.class);

    StageTimes() {
        for (StoreStage stage : StoreStage.values()) {
            histograms.put(stage, new AtomicHistogram(MAX_NS, DIGITS));
        }
    }

    void record(StoreStage stage, long ns) {
        histograms.get(stage).recordValue(Math.max(0, Math.min(MAX_NS, ns)));
    }

    List<StageLatency> snapshot() {
        List<StageLatency> result = new ArrayList<>();
        for (StoreStage stage : StoreStage.values()) {
            AtomicHistogram copy = histograms.get(stage).copy();
            result.add(new StageLatency(
                    stage,
                    copy.getTotalCount(),
                    copy.getValueAtPercentile(50),
                    copy.getValueAtPercentile(99),
                    copy.getValueAtPercentile(99.9),
                    copy.getMaxValue()));
        }
        return result;
    }
}
