package org.apollofs.profile.sizing;

/**
 * When to save, and what it costs. {@code saveSec} is how long a save stops training, {@code mtbfSec} the mean time between
 * failures of the job, {@code restoreSec} what a failure takes until training goes on; all in seconds.
 */
public final class Interval {
    private Interval() {}

    /** Young 1974: sqrt(2 d M). Fails once a save is not short beside M: where its waste is above about a fifth. */
    public static double youngSec(double saveSec, double mtbfSec) {
        return Math.sqrt(2 * saveSec * mtbfSec);
    }

    /** Share of time lost at Young's interval: saves and work that failures take, sqrt(2 d / M). */
    public static double youngWaste(double saveSec, double mtbfSec) {
        return Math.sqrt(2 * saveSec / mtbfSec);
    }

    /** Share of time lost to restarts: R / M. */
    public static double restoreWaste(double restoreSec, double mtbfSec) {
        return restoreSec / mtbfSec;
    }

    /**
     * The interval, save included, with the best {@link #availability} (arXiv 2410.18124): d + sqrt(2 (M + R) d + d^2). Valid for
     * any d.
     */
    public static double optimalSec(double saveSec, double mtbfSec, double restoreSec) {
        return saveSec + Math.sqrt(2 * (mtbfSec + restoreSec) * saveSec + saveSec * saveSec);
    }

    /**
     * Share of time in which training makes progress, with a save every T seconds, its time included. Of each interval d is the
     * save; and of each M + R + T/2 seconds M are worked, R restore and T/2 is computed again: (1 - d/T) M / (M + R + T/2). Its
     * maximum over T is {@link #optimalSec}.
     */
    public static double availability(double intervalSec, double saveSec, double mtbfSec, double restoreSec) {
        return (1 - saveSec / intervalSec) * mtbfSec / (mtbfSec + restoreSec + intervalSec / 2);
    }

    /** Share of time lost at the best interval, restarts included. */
    public static double optimalWaste(double saveSec, double mtbfSec, double restoreSec) {
        return 1 - availability(optimalSec(saveSec, mtbfSec, restoreSec), saveSec, mtbfSec, restoreSec);
    }
}
