package org.apollofs.cli;

import java.util.Locale;

/**
 * What came of one fault.
 *
 * @param number from 1.
 * @param fault what was done.
 * @param victim to whom.
 * @param seconds from its begin until the victim served again, or should have.
 * @param steps that were acknowledged from its begin until all workers had gone on.
 * @param longest answer that a worker waited for then, as what and how long.
 * @param justified errors that it explains.
 * @param wrong errors that it does not, and whatever else went wrong.
 */
record NemesisRound(
        int number,
        Fault fault,
        String victim,
        double seconds,
        long steps,
        String longest,
        long justified,
        long wrong) {
    static final String HEAD = String.format(
            Locale.ROOT,
            "%5s  %-10s %-10s %8s %8s %10s %6s",
            "round",
            "fault",
            "victim",
            "s",
            "acks",
            "justified",
            "WRONG");

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%5d  %-10s %-10s %8.1f %8d %10d %6d  %s",
                number,
                fault,
                victim,
                seconds,
                steps,
                justified,
                wrong,
                longest);
    }
}
