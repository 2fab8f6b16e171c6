package org.apollofs.io.chunk;

import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.AtomicHistogram;

/** A histogram per {@link StoreStage}: recorded by the store's thread, read by any. */
final class StageTimes {
    private static final long MAX_NS = 100_000_000_000L;
    private static final int DIGITS = 2;

    private final AtomicHistogram[] histograms = new AtomicHistogram[StoreStage.values().length];

    StageTimes() {
        for (int i = 0; i < histograms.length; i++) {
            histograms[i] = new AtomicHistogram(MAX_NS, DIGITS);
        }
    }

    void record(StoreStage stage, long ns) {
        histograms[stage.ordinal()].recordValue(Math.max(0, Math.min(MAX_NS, ns)));
    }

    List<StageLatency> snapshot() {
        List<StageLatency> result = new ArrayList<>();
        for (StoreStage stage : StoreStage.values()) {
            AtomicHistogram copy = histograms[stage.ordinal()].copy();
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
