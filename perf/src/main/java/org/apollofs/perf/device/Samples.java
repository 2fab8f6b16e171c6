package org.apollofs.perf.device;

import java.util.ArrayList;
import java.util.List;

/** Rates of one thing over the rounds of a run. One thread. */
public final class Samples {
    /** Standard deviation of a normal distribution, to the median of its deviations. */
    private static final double DEVIATION_OF_NORMAL = 1.4826;
    /** Standard error of a median, to that of the mean. */
    private static final double ERROR_OF_MEDIAN = 1.2533;

    private final List<Double> values = new ArrayList<>();

    /** Adds a round's. */
    public void add(double value) {
        values.add(value);
    }

    /** In the order they came. */
    public List<Double> values() {
        return List.copyOf(values);
    }

    /** The middle one, or the mean of the two. NaN without any. */
    public double median() {
        if (values.isEmpty()) {
            return Double.NaN;
        }
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    /**
     * The standard error of the median: how far it may be off, two times in three. From the median of the deviations from it, so
     * that the few that are far off (a snapshot, a disk that stalls) do not count for more than others do; for values that are
     * spread as a normal distribution is. NaN with fewer than two.
     */
    public double standardError() {
        if (values.size() < 2) {
            return Double.NaN;
        }
        double median = median();
        Samples deviations = new Samples();
        values.forEach(value -> deviations.add(Math.abs(value - median)));
        return DEVIATION_OF_NORMAL * deviations.median() * ERROR_OF_MEDIAN / Math.sqrt(values.size());
    }
}
