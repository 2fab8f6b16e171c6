package org.apollofs.perf.device;

import java.util.ArrayList;
import java.util.List;

/** Rates of one thing over the rounds of a run. One thread. */
public final class Samples {
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

    /** The standard error of the mean: how far it may be off, two times in three. NaN with fewer than two. */
    public double standardError() {
        if (values.size() < 2) {
            return Double.NaN;
        }
        double mean = values.stream().mapToDouble(value -> value).average().orElseThrow();
        double squares = values.stream()
                .mapToDouble(value -> (value - mean) * (value - mean))
                .sum();
        return Math.sqrt(squares / (values.size() - 1) / values.size());
    }
}
