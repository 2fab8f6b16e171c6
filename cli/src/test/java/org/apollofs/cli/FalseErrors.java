package org.apollofs.cli;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Errors that nothing explains, told apart by what was called and what was said, each with the site's log lines around the first. */
final class FalseErrors {
    private static final int AROUND_MS = 1_500;
    private static final int SHOWN_LINES = 5;
    private static final int SHOWN_LENGTH = 260;
    /** Characters of a line that tell kinds of it apart: inodes and offsets come later. */
    private static final int KIND_LENGTH = 70;

    private static final int TIME_LENGTH = "HH:mm:ss.SSS".length();
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");

    /** Errors of one kind. */
    private static final class Group {
        private final long firstMs;
        private final String text;
        private int count;

        Group(long firstMs, String text) {
            this.firstMs = firstMs;
            this.text = text;
        }
    }

    private final Map<String, Group> groups = new LinkedHashMap<>();
    private long count;

    /** Adds one. @param timeMs when it was told. */
    void add(long timeMs, String what) {
        count++;
        groups.computeIfAbsent(kind(what), kind -> new Group(timeMs, what)).count++;
    }

    long count() {
        return count;
    }

    private static String kind(String text) {
        int details = text.indexOf(" (w");
        String kind = details > 0 ? text.substring(0, details) : text;
        return kind.substring(0, Math.min(kind.length(), KIND_LENGTH));
    }

    void print(PrintStream out, List<String> log) {
        Set<String> shown = new HashSet<>();
        for (Group group : groups.values()) {
            LocalTime at = LocalTime.ofInstant(Instant.ofEpochMilli(group.firstMs), ZoneId.systemDefault());
            out.println("  WRONG " + group.count + "x, first at " + TIME.format(at) + ": " + group.text);
            around(log, at, shown).forEach(line -> out.println("      | " + cut(line)));
        }
    }

    private static String cut(String line) {
        return line.length() <= SHOWN_LENGTH ? line : line.substring(0, SHOWN_LENGTH) + "...";
    }

    /** Lines of about that time; of each kind the first, and none that was shown before. */
    private static List<String> around(List<String> log, LocalTime at, Set<String> shown) {
        List<String> lines = new ArrayList<>();
        for (String line : log) {
            LocalTime time = timeOf(line);
            boolean isNear = time != null && Math.abs(Duration.between(time, at).toMillis()) <= AROUND_MS;
            if (isNear && lines.size() < SHOWN_LINES && shown.add(kind(line.substring(TIME_LENGTH)))) {
                lines.add(line);
            }
        }
        return lines;
    }

    private static LocalTime timeOf(String line) {
        if (line.length() < TIME_LENGTH || line.charAt(2) != ':') {
            return null;
        }
        try {
            return LocalTime.parse(line.substring(0, TIME_LENGTH), TIME);
        } catch (DateTimeParseException e) {
            return null; // a line of another kind
        }
    }
}
