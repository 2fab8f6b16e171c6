package org.apollofs.profile.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Draws a plot as SVG, light or dark as its reader is; nothing is loaded from elsewhere. */
public final class SvgPlot {
    private static final int WIDTH = 760;
    private static final int HEIGHT = 420;
    private static final int LEFT = 92;
    private static final int RIGHT = 24;
    private static final int TOP = 44;
    private static final int BOTTOM = 58;
    private static final int LEGEND_LINE = 18;
    private static final double[] STEPS = {1, 2, 5};
    private static final int MOST_TICKS = 8;

    /** Colours of light and dark; lines also differ by their dashes, for those who cannot tell colours apart. */
    private static final String STYLE = """
        .plot { --ink: #1b1f24; --soft: #6a737d; --grid: #e1e4e8; --paper: #ffffff;
          --line0: #0a5fb4; --line1: #b4460a; --line2: #1f7a3d; --line3: #7a3ea8;
          font: 13px system-ui, sans-serif; }
        @media (prefers-color-scheme: dark) { .plot { --ink: #e6edf3; --soft: #9aa4af; --grid: #30363d;
          --paper: #0d1117; --line0: #6cb6ff; --line1: #f0a36b; --line2: #6bcf8a; --line3: #d2a8ff; } }
        .plot text { fill: var(--ink); } .plot .soft { fill: var(--soft); } .plot .paper { fill: var(--paper); }
        .plot .grid { stroke: var(--grid); } .plot .axis { stroke: var(--soft); fill: none; }
        .plot .line { fill: none; stroke-width: 2.2; } .plot .mark { fill: var(--ink); stroke: var(--paper); stroke-width: 2; }
        """;

    private final Plot plot;
    private final StringBuilder svg = new StringBuilder();
    private final double[] xRange;
    private final double[] yRange;
    private final int bottom;

    private SvgPlot(Plot plot) {
        this.plot = plot;
        double[] xs = {Double.MAX_VALUE, 0};
        double[] ys = {Double.MAX_VALUE, 0};
        for (Plot.Line line : plot.lines()) {
            widen(xs, line.x());
            widen(ys, line.y());
        }
        for (Plot.Mark mark : plot.points()) {
            widen(xs, mark.x());
            widen(ys, mark.y());
        }
        this.xRange = xs;
        this.yRange = new double[] {ys[0] / 1.15, ys[1] * 1.15};
        this.bottom = TOP + HEIGHT - BOTTOM - TOP;
    }

    /** The plot as an {@code svg} element. */
    public static String draw(Plot plot) {
        return new SvgPlot(plot).draw();
    }

    private String draw() {
        int height = HEIGHT + plot.lines().size() * LEGEND_LINE;
        svg.append(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" viewBox=\"0 0 %d %d\" width=\"%d\""
                        + " height=\"%d\" role=\"img\" aria-label=\"%s\">%n<style>%s</style>%n",
                WIDTH,
                height,
                WIDTH,
                height,
                escape(plot.title()),
                STYLE));
        svg.append(String.format(
                Locale.ROOT, "<rect class=\"paper\" width=\"%d\" height=\"%d\" rx=\"6\"/>%n", WIDTH, height));
        text(LEFT, 26, "start", "font-weight=\"600\" font-size=\"15\"", plot.title());
        axes();
        for (int i = 0; i < plot.lines().size(); i++) {
            line(plot.lines().get(i), i);
        }
        plot.points().forEach(this::mark);
        return svg.append("</svg>\n").toString();
    }

    private void axes() {
        for (double tick : ticks(xRange)) {
            double x = x(tick);
            svg.append(String.format(
                    Locale.ROOT,
                    "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>%n",
                    x,
                    x,
                    TOP,
                    bottom));
            text(x, bottom + 18, "middle", "class=\"soft\"", plot.xUnit().format(tick));
        }
        for (double tick : ticks(yRange)) {
            double y = y(tick);
            svg.append(String.format(
                    Locale.ROOT,
                    "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>%n",
                    LEFT,
                    WIDTH - RIGHT,
                    y,
                    y));
            text(LEFT - 8, y + 4, "end", "class=\"soft\"", plot.yUnit().format(tick));
        }
        svg.append(String.format(
                Locale.ROOT,
                "<rect class=\"axis\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>%n",
                LEFT,
                TOP,
                WIDTH - RIGHT - LEFT,
                bottom - TOP));
        text((LEFT + WIDTH - RIGHT) / 2.0, bottom + 40, "middle", "", plot.xLabel());
        double middle = (TOP + bottom) / 2.0;
        text(
                18,
                middle,
                "middle",
                String.format(Locale.ROOT, "transform=\"rotate(-90 18 %.1f)\"", middle),
                plot.yLabel());
    }

    private void line(Plot.Line line, int index) {
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < line.x().length; i++) {
            path.append(String.format(Locale.ROOT, "%s%.1f %.1f", i == 0 ? "M" : " L", x(line.x()[i]), y(line.y()[i])));
        }
        String style = String.format(
                Locale.ROOT,
                "style=\"stroke: var(--line%d)\" stroke-dasharray=\"%s\"",
                index,
                List.of("none", "8 4", "2 4", "10 4 2 4").get(index % 4));
        svg.append(String.format(Locale.ROOT, "<path class=\"line\" %s d=\"%s\"/>%n", style, path));
        int y = bottom + 62 + index * LEGEND_LINE;
        svg.append(String.format(
                Locale.ROOT, "<path class=\"line\" %s d=\"M%d %d L%d %d\"/>%n", style, LEFT, y - 4, LEFT + 34, y - 4));
        text(LEFT + 42, y, "start", "", line.label());
    }

    private void mark(Plot.Mark mark) {
        svg.append(String.format(
                Locale.ROOT, "<circle class=\"mark\" cx=\"%.1f\" cy=\"%.1f\" r=\"5\"/>%n", x(mark.x()), y(mark.y())));
        text(x(mark.x()) + 9, y(mark.y()) - 8, "start", "font-weight=\"600\"", mark.label());
    }

    private void text(double x, double y, String anchor, String attributes, String text) {
        svg.append(String.format(
                Locale.ROOT,
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" %s>%s</text>%n",
                x,
                y,
                anchor,
                attributes,
                escape(text)));
    }

    private double x(double value) {
        return LEFT + position(value, xRange) * (WIDTH - RIGHT - LEFT);
    }

    private double y(double value) {
        return bottom - position(value, yRange) * (bottom - TOP);
    }

    private static double position(double value, double[] range) {
        return Math.log(value / range[0]) / Math.log(range[1] / range[0]);
    }

    /** 1, 2, 5, 10, ... within a range; over more than two decades the powers of ten only. */
    static List<Double> ticks(double[] range) {
        List<Double> all = new ArrayList<>();
        List<Double> powers = new ArrayList<>();
        for (int power = (int) Math.floor(Math.log10(range[0])); power <= Math.log10(range[1]); power++) {
            for (double step : STEPS) {
                double tick = step * Math.pow(10, power);
                if (tick >= range[0] && tick <= range[1]) {
                    all.add(tick);
                    if (step == 1) {
                        powers.add(tick);
                    }
                }
            }
        }
        return all.size() <= MOST_TICKS || powers.size() < 2 ? all : powers;
    }

    private static void widen(double[] range, double... values) {
        for (double value : values) {
            range[0] = Math.min(range[0], value);
            range[1] = Math.max(range[1], value);
        }
    }

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
