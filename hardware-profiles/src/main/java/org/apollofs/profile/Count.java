package org.apollofs.profile;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Counts as people write them: {@code 8192}, {@code 405B}, {@code 1.2T}; K, M, B and T are powers of a thousand. */
public final class Count {
    private static final Pattern NOTATION = Pattern.compile("([0-9]{1,15}(?:\\.[0-9]{1,6})?)([kmbt]?)");
    private static final String UNITS = "kmbt";

    private Count() {}

    /** @return the number. @throws IllegalArgumentException with a line that says what is expected. */
    public static double parse(String text) {
        Matcher matcher = NOTATION.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!matcher.matches() || new BigDecimal(matcher.group(1)).signum() == 0) {
            throw new IllegalArgumentException(
                    "expected a count above 0, such as 405B or 1.2T, found \"" + text + "\"");
        }
        int power = matcher.group(2).isEmpty() ? 0 : 1 + UNITS.indexOf(matcher.group(2));
        return new BigDecimal(matcher.group(1)).scaleByPowerOfTen(3 * power).doubleValue();
    }

    /** In the largest unit, with up to three decimals: {@code 1.2T}. */
    public static String format(double count) {
        int power = 0;
        double rest = count;
        while (rest >= 999.9995 && power < UNITS.length()) {
            rest /= 1000;
            power++;
        }
        String number = String.format(Locale.ROOT, "%.3f", rest).replaceAll("\\.?0+$", "");
        return number + (power == 0 ? "" : UNITS.substring(power - 1, power).toUpperCase(Locale.ROOT));
    }
}
