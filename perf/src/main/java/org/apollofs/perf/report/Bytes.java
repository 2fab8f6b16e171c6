package org.apollofs.perf.report;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as people type and read them: binary units ("2GiB", "512M" is MiB), and decimal ones where spelled so (GB). */
public final class Bytes {
    private static final Pattern SIZE =
            Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*([kmgt]?)(i?b?)", Pattern.CASE_INSENSITIVE);
    private static final String PREFIXES = "kmgt";

    private Bytes() {}

    /**
     * Reads a size.
     *
     * @throws IllegalArgumentException if it is none; the message says what was expected.
     */
    public static long parse(String text) {
        Matcher matcher = SIZE.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a size: '" + text + "', expected a number with a unit, as 2GiB");
        }
        String prefix = matcher.group(2).toLowerCase(Locale.ROOT);
        int power = prefix.isEmpty() ? 0 : PREFIXES.indexOf(prefix) + 1;
        boolean decimal = matcher.group(3).equalsIgnoreCase("b") && power > 0;
        double bytes = Double.parseDouble(matcher.group(1)) * Math.pow(decimal ? 1000 : 1024, power);
        if (bytes > 1L << 60) {
            throw new IllegalArgumentException("size too large: '" + text + "', at most 1024 PiB");
        }
        return (long) bytes;
    }

    /** A size in the largest binary unit that leaves at least 1: "1.95 GiB". */
    public static String format(long bytes) {
        double value = bytes;
        int power = 0;
        while (value >= 1024 && power < PREFIXES.length()) {
            value /= 1024;
            power++;
        }
        if (power == 0) {
            return bytes + " B";
        }
        char prefix = Character.toUpperCase(PREFIXES.charAt(power - 1));
        return String.format(Locale.ROOT, "%.2f %ciB", value, prefix);
    }
}
