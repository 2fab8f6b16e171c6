package org.apollofs.profile;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as people write them: {@code 4096}, {@code 64KiB}, {@code 1MiB}, {@code 2GiB}, {@code 1TiB}. */
public final class ByteSize {
    private static final Pattern NOTATION = Pattern.compile("([0-9]{1,12})(B|KiB|MiB|GiB|TiB)?");
    private static final String[] UNITS = {"TiB", "GiB", "MiB", "KiB"};

    private ByteSize() {}

    /** @return bytes. @throws IllegalArgumentException with a line that says what is expected. */
    public static long parse(String text) {
        Matcher matcher = NOTATION.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "expected a size in bytes, such as 65536, 64KiB, 1MiB or 4GiB, found \"" + text + "\"");
        }
        long number = Long.parseLong(matcher.group(1));
        long unit = matcher.group(2) == null ? 1 : unitBytes(matcher.group(2));
        try {
            return Math.multiplyExact(number, unit);
        } catch (ArithmeticException overflow) {
            throw new IllegalArgumentException("expected a size below 8 EiB, found \"" + text + "\"", overflow);
        }
    }

    /** In the largest unit that divides it, so that {@link #parse} gives the same number again. */
    public static String format(long bytes) {
        for (String unit : UNITS) {
            long unitBytes = unitBytes(unit);
            if (bytes >= unitBytes && bytes % unitBytes == 0) {
                return bytes / unitBytes + unit;
            }
        }
        return Long.toString(bytes);
    }

    private static long unitBytes(String unit) {
        return switch (unit) {
            case "KiB" -> 1L << 10;
            case "MiB" -> 1L << 20;
            case "GiB" -> 1L << 30;
            case "TiB" -> 1L << 40;
            default -> 1L;
        };
    }
}
