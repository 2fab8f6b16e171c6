package org.apollofs.profile.plan;

import java.util.Locale;

/** Units of a plan's figures, and how people read them. Decimal prefixes, as drives and links are sold. */
public enum Unit {
    BYTES("bytes"),
    RATE("bytes/s"),
    SECONDS("s"),
    PERCENT("%"),
    WATTS("W"),
    PER_SECOND("1/s"),
    PLAIN("");

    private static final String[] PREFIXES = {"", "k", "M", "G", "T", "P", "E"};

    private final String symbol;

    Unit(String symbol) {
        this.symbol = symbol;
    }

    /** Symbol of the unit in documents for programs, without a prefix. */
    public String symbol() {
        return symbol;
    }

    /** Three digits or so, with a prefix. */
    public String format(double value) {
        return switch (this) {
            case BYTES -> prefixed(value, "B");
            case RATE -> prefixed(value, "B/s");
            case WATTS -> prefixed(value, "W");
            case SECONDS -> seconds(value);
            case PERCENT -> digits(value) + " %";
            case PER_SECOND -> prefixed(value, "/s");
            case PLAIN -> value == Math.rint(value) ? String.format(Locale.ROOT, "%,.0f", value) : digits(value);
        };
    }

    private static String prefixed(double value, String unit) {
        double rest = value;
        int prefix = 0;
        while (rest >= 999.5 && prefix < PREFIXES.length - 1) {
            rest /= 1000;
            prefix++;
        }
        return digits(rest) + " " + PREFIXES[prefix] + unit;
    }

    private static String seconds(double value) {
        if (value < 0.1) {
            return digits(value * 1000) + " ms";
        }
        if (value < 600) {
            return digits(value) + " s";
        }
        if (value < 3 * 3600) {
            return digits(value / 60) + " min";
        }
        return value < 3 * 86_400 ? digits(value / 3600) + " h" : digits(value / 86_400) + " days";
    }

    private static String digits(double value) {
        int decimals = value >= 100 || value == 0 ? 0 : value >= 10 ? 1 : 2;
        String text = String.format(Locale.ROOT, "%,." + decimals + "f", value);
        return text.contains(".") ? text.replaceAll("\\.?0+$", "") : text;
    }
}
