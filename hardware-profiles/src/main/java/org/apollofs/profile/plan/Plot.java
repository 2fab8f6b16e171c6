package org.apollofs.profile.plan;

import java.util.List;

/**
 * A plot of lines over logarithmic axes.
 *
 * @param name short, for file names.
 * @param title what it shows.
 * @param xUnit unit of the horizontal axis.
 * @param yUnit unit of the vertical axis.
 * @param points that are marked, each with a label.
 */
public record Plot(
        String name,
        String title,
        String xLabel,
        Unit xUnit,
        String yLabel,
        Unit yUnit,
        List<Line> lines,
        List<Mark> points) {
    public Plot {
        lines = List.copyOf(lines);
        points = List.copyOf(points);
    }

    /** A line through points; both coordinates above 0. */
    public record Line(String label, double[] x, double[] y) {}

    /** A point with a label. */
    public record Mark(String label, double x, double y) {}
}
