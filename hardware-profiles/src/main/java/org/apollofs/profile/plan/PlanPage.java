package org.apollofs.profile.plan;

/** A plan as one HTML page with its plots in it; nothing is loaded from elsewhere. */
public final class PlanPage {
    private static final String HEAD = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>TITLE</title>
        <style>
        :root { --ink: #1b1f24; --soft: #6a737d; --rule: #e1e4e8; --paper: #ffffff; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9aa4af; --rule: #30363d; --paper: #0d1117; } }
        body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 60rem; background: var(--paper); color: var(--ink);
          font: 15px/1.5 system-ui, sans-serif; }
        h1 { font-size: 1.5rem; margin: 0 0 1rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .4rem; }
        table { border-collapse: collapse; width: 100%; } td { padding: .22rem .6rem .22rem 0; border-top: 1px solid var(--rule);
          vertical-align: top; } td.value { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
        td.note { color: var(--soft); } td.indent { padding-left: 1.2rem; } svg { max-width: 100%; height: auto; }
        .plots { display: grid; gap: 1.5rem; margin: 1.5rem 0; }
        </style>
        </head>
        <body>
        """;

    private PlanPage() {}

    /** The page. */
    public static String of(SitePlan plan) {
        Figures figures = PlanFigures.of(plan);
        StringBuilder page = new StringBuilder();
        String title = figures.sections().getFirst().title();
        page.append(HEAD.replace("TITLE", SvgPlot.escape(title)));
        page.append("<h1>").append(SvgPlot.escape(title)).append("</h1>\n");
        page.append("<div class=\"plots\">\n");
        PlanPlots.of(plan).forEach(plot -> page.append(SvgPlot.draw(plot)));
        page.append("</div>\n");
        for (Figures.Section section : figures.sections()) {
            if (!section.title().equals(title)) {
                page.append("<h2>").append(SvgPlot.escape(section.title())).append("</h2>\n");
            }
            page.append("<table>\n");
            section.figures().forEach(figure -> row(page, figure));
            page.append("</table>\n");
        }
        return page.append("</body>\n</html>\n").toString();
    }

    private static void row(StringBuilder page, Figures.Figure figure) {
        boolean indented = figure.label().startsWith(" ");
        page.append("<tr><td")
                .append(indented ? " class=\"indent\"" : "")
                .append('>')
                .append(SvgPlot.escape(figure.label().strip()))
                .append("</td><td class=\"value\">")
                .append(SvgPlot.escape(figure.shown()))
                .append("</td><td class=\"note\">")
                .append(SvgPlot.escape(figure.note()))
                .append("</td></tr>\n");
    }
}
