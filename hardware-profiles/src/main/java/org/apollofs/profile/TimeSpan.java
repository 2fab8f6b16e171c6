package org.apollofs.profile;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Lengths of time as people write them: {@code 500ms}, {@code 120s}, {@code 2min}, {@code 1h}; a bare number is seconds. */
public final class TimeSpan {
    private static final Pattern NOTATION = Pattern.compile("([0-9]{1,9})(ms|s|min|h)?");

    private TimeSpan() {}

    /** @return milliseconds. @throws IllegalArgumentException with a line that says what is expected. */
    public static long parseMs(String text) {
        Matcher matcher = NOTATION.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "expected a length of time, such as 500ms, 120s, 2min or 1h, found \"" + text + "\"");
        }
        return Long.parseLong(matcher.group(1)) * unitMs(matcher.group(2) == null ? "s" : matcher.group(2));
    }

    /** In the largest unit that divides it, so that {@link #parseMs} gives the same number again. */
    public static String format(long milliseconds) {
        for (String unit : new String[] {"h", "min", "s"}) {
            if (milliseconds > 0 && milliseconds % unitMs(unit) == 0) {
                return milliseconds / unitMs(unit) + unit;
            }
        }
        return milliseconds + "ms";
    }

    private static long unitMs(String unit) {
        return switch (unit) {
            case "h" -> 3_600_000;
            case "min" -> 60_000;
            case "s" -> 1_000;
            default -> 1;
        };
    }
}
