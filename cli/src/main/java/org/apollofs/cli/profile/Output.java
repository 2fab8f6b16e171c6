package org.apollofs.cli.profile;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.PrintWriter;
import java.util.List;

/** Prints documents and tables. One thread. */
final class Output {
    /** Exit code of a check that found an error, and of a profile that is short: {@code ExitCode.SHORT}. */
    static final int SHORT = 14;

    private final PrintWriter out;

    Output(PrintWriter out) {
        this.out = out;
    }

    /** A document for programs, indented. @param value a tree, or records. */
    void json(Object value) {
        try {
            say(new ObjectMapper().writer(SerializationFeature.INDENT_OUTPUT).writeValueAsString(value));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("records can be written", e);
        }
    }

    /** Rows of cells, columns aligned to the left. */
    void table(List<List<String>> rows) {
        int[] widths = new int[rows.stream().mapToInt(List::size).max().orElse(0)];
        for (List<String> row : rows) {
            for (int i = 0; i < row.size(); i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.size(); i++) {
                line.append(i == 0 ? "" : "  ")
                        .append(row.get(i))
                        .append(" ".repeat(widths[i] - row.get(i).length()));
            }
            out.println(line.toString().stripTrailing());
        }
        out.flush();
    }

    /** A line, or several. */
    void say(String text) {
        out.println(text);
        out.flush();
    }
}
