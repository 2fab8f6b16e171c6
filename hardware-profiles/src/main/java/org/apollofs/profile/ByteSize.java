package org.apollofs.profile;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sizes as people write them, in options and in files. {@code 2g}, {@code 2G} and {@code 2GiB} are binary (2 x 1024^3), as
 * fio, dd and the JVM have it; {@code 2GB} is decimal (2 x 1000^3), as drives and links are sold. Upper and lower case are
 * the same; {@code 3.84TB} is taken too, as long as it is a whole number of bytes.
 */
public final class ByteSize {
    /** What a message calls expected. */
    static final String EXPECTED = "a size in bytes, such as 65536, 64KiB, 1m, 4GiB (binary) or 3.84TB (decimal)";

    private static final Pattern NOTATION = Pattern.compile("([0-9]{1,18})(\\.[0-9]{1,6})?([a-z]{0,3})");
    private static final String[] BINARY = {"EiB", "PiB", "TiB", "GiB", "MiB", "KiB"};
    private static final Map<String, Integer> POWERS = Map.of("k", 1, "m", 2, "g", 3, "t", 4, "p", 5, "e", 6);

    private ByteSize() {}

    /** @return bytes. @throws IllegalArgumentException with a line that says what is expected. */
    public static long parse(String text) {
        Matcher matcher = NOTATION.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw unexpected(text);
        }
        BigDecimal number = new BigDecimal(matcher.group(1) + (matcher.group(2) == null ? "" : matcher.group(2)));
        BigDecimal bytes = number.multiply(unitBytes(matcher.group(3), text));
        if (bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            throw new IllegalArgumentException("expected a size below 8 EiB, found \"" + text + "\"");
        }
        if (bytes.stripTrailingZeros().scale() > 0) {
            throw new IllegalArgumentException("expected a whole number of bytes, found \"" + text + "\"");
        }
        return bytes.longValueExact();
    }

    /** Whether a size is in decimal units, as {@code 2GB}: such a one seldom is a multiple of a page. */
    static boolean isDecimal(String text) {
        return text.strip().toLowerCase(Locale.ROOT).matches("[0-9.]+[kmgtpe]b");
    }

    /** In the largest binary unit that divides it, so that {@link #parse} gives the same number again. */
    public static String format(long bytes) {
        for (int i = 0; i < BINARY.length; i++) {
            long unitBytes = 1L << (10 * (BINARY.length - i));
            if (bytes >= unitBytes && bytes % unitBytes == 0) {
                return bytes / unitBytes + BINARY[i];
            }
        }
        return Long.toString(bytes);
    }

    private static BigDecimal unitBytes(String unit, String text) {
        if (unit.isEmpty() || unit.equals("b")) {
            return BigDecimal.ONE;
        }
        Integer power = POWERS.get(unit.substring(0, 1));
        if (power == null) {
            throw unexpected(text);
        }
        return switch (unit.substring(1)) {
            case "", "ib" -> BigDecimal.valueOf(1024).pow(power);
            case "b" -> BigDecimal.valueOf(1000).pow(power);
            default -> throw unexpected(text);
        };
    }

    private static IllegalArgumentException unexpected(String text) {
        return new IllegalArgumentException("expected " + EXPECTED + ", found \"" + text + "\"");
    }
}
