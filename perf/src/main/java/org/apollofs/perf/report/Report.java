package org.apollofs.perf.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Results in the order they were added, as an aligned table for people and as one JSON document for programs. Both come
 * from the same rows, so they cannot differ. One thread.
 */
public final class Report {
    private record Row(String label, String value, String unit) {}

    private final ObjectMapper mapper = new ObjectMapper();
    private final ObjectNode document = mapper.createObjectNode();
    private final List<Row> rows = new ArrayList<>();
    private final String title;

    /** @param title first line of the table. */
    public Report(String title) {
        this.title = title;
    }

    /** Adds a text. @param path names in the JSON document, dots between levels. */
    public Report text(String path, String label, String value) {
        rows.add(new Row(label, value, ""));
        parent(path).put(leaf(path), value);
        return this;
    }

    /** Adds a whole number, shown with separators. */
    public Report count(String path, String label, long value, String unit) {
        rows.add(new Row(label, String.format(Locale.ROOT, "%,d", value), unit));
        parent(path).put(leaf(path), value);
        return this;
    }

    /** Adds a measured number, shown with a fixed number of decimals; the JSON has all of it to a ppm. */
    public Report number(String path, String label, double value, int decimals, String unit) {
        rows.add(new Row(label, String.format(Locale.ROOT, "%,." + decimals + "f", value), unit));
        parent(path).put(leaf(path), Math.round(value * 1e6) / 1e6);
        return this;
    }

    /** Adds a yes or no. */
    public Report flag(String path, String label, boolean value) {
        rows.add(new Row(label, value ? "yes" : "no", ""));
        parent(path).put(leaf(path), value);
        return this;
    }

    /** Adds something to the JSON document only. */
    public Report hidden(String path, Object value) {
        parent(path).set(leaf(path), mapper.valueToTree(value));
        return this;
    }

    /** Adds an empty line to the table. */
    public Report gap() {
        rows.add(new Row("", "", ""));
        return this;
    }

    /** Title and rows, columns aligned, numbers to the right; ends with a line feed. */
    public String toTable() {
        int labelWidth = 0;
        int valueWidth = 0;
        for (Row row : rows) {
            labelWidth = Math.max(labelWidth, row.label.length());
            valueWidth = Math.max(valueWidth, row.unit.isEmpty() ? 0 : row.value.length());
        }
        StringBuilder table = new StringBuilder(title).append('\n');
        for (Row row : rows) {
            String value = row.unit.isEmpty() ? row.value : " ".repeat(valueWidth - row.value.length()) + row.value;
            String line =
                    "  " + row.label + " ".repeat(labelWidth - row.label.length()) + "  " + value + " " + row.unit;
            table.append(line.stripTrailing()).append('\n');
        }
        return table.toString();
    }

    /** One JSON object, indented, without a line feed at its end. */
    public String toJson() {
        try {
            return mapper.writer(SerializationFeature.INDENT_OUTPUT).writeValueAsString(document);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of plain values can be written", e);
        }
    }

    private ObjectNode parent(String path) {
        ObjectNode node = document;
        int from = 0;
        for (int dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', from)) {
            node = node.withObjectProperty(path.substring(from, dot));
            from = dot + 1;
        }
        return node;
    }

    private static String leaf(String path) {
        return path.substring(path.lastIndexOf('.') + 1);
    }
}
