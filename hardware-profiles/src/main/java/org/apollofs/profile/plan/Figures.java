package org.apollofs.profile.plan;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** Figures in sections, as they are added: the same rows become a table, a document and a page. One thread. */
public final class Figures {
    /**
     * One figure.
     *
     * @param key name in documents for programs, dots between levels.
     * @param shown for people.
     * @param value a Double or a String.
     * @param note behind it, or empty.
     */
    public record Figure(String key, String label, String shown, Object value, String note) {}

    /** A heading and its figures. */
    public record Section(String title, List<Figure> figures) {}

    private final List<Section> sections = new ArrayList<>();

    /** Begins a section. */
    public Figures section(String title) {
        sections.add(new Section(title, new ArrayList<>()));
        return this;
    }

    /** Adds a number. */
    public Figures number(String key, String label, double value, Unit unit, String note) {
        return add(new Figure(key, label, unit.format(value), value, note));
    }

    /** Adds a whole number. */
    public Figures number(String key, String label, long value, Unit unit, String note) {
        return number(key, label, (double) value, unit, note);
    }

    /** Adds a whole number without a note. */
    public Figures number(String key, String label, long value, Unit unit) {
        return number(key, label, (double) value, unit, "");
    }

    /** Adds a number without a note. */
    public Figures number(String key, String label, double value, Unit unit) {
        return number(key, label, value, unit, "");
    }

    /** Adds a text. */
    public Figures text(String key, String label, String value) {
        return add(new Figure(key, label, value, value, ""));
    }

    /** In the order they were added. */
    public List<Section> sections() {
        return List.copyOf(sections);
    }

    /** Aligned columns, a blank line before each heading but the first. */
    public String toTable() {
        int labels = 0;
        int values = 0;
        for (Section section : sections) {
            for (Figure figure : section.figures()) {
                labels = Math.max(labels, figure.label().length());
                values = figure.value() instanceof String
                        ? values
                        : Math.max(values, figure.shown().length());
            }
        }
        StringBuilder table = new StringBuilder();
        for (Section section : sections) {
            table.append(table.isEmpty() ? "" : "\n").append(section.title()).append('\n');
            for (Figure figure : section.figures()) {
                String shown = figure.value() instanceof String
                        ? figure.shown()
                        : " ".repeat(values - figure.shown().length()) + figure.shown();
                String line = "  " + figure.label()
                        + " ".repeat(labels - figure.label().length()) + "  " + shown
                        + (figure.note().isEmpty() ? "" : "  " + figure.note());
                table.append(line.stripTrailing()).append('\n');
            }
        }
        return table.toString();
    }

    /** One JSON object, numbers in base units: bytes, bytes a second, seconds, percent. */
    public ObjectNode toJson() {
        ObjectNode root = new ObjectMapper().createObjectNode();
        for (Section section : sections) {
            for (Figure figure : section.figures()) {
                ObjectNode node = root;
                String[] path = figure.key().split("\\.");
                for (int i = 0; i < path.length - 1; i++) {
                    node = node.withObjectProperty(path[i]);
                }
                String leaf = path[path.length - 1];
                if (figure.value() instanceof Double number) {
                    node.put(leaf, number);
                } else {
                    node.put(leaf, figure.shown());
                }
            }
        }
        return root;
    }

    private Figures add(Figure figure) {
        sections.getLast().figures().add(figure);
        return this;
    }
}
