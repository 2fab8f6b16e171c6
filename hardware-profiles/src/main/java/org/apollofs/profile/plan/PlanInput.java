package org.apollofs.profile.plan;

import java.util.List;
import java.util.Locale;
import org.apollofs.profile.ByteSize;
import org.apollofs.profile.Count;
import org.apollofs.profile.LayoutProfile;
import org.apollofs.profile.ProfileException;
import org.apollofs.profile.ProfileProblem;

/**
 * The words of who asks for a plan, read and held against each other. What is wrong is a {@link ProfileException}, as in a
 * file: the place is the command line, the key the option. One thread.
 */
public final class PlanInput {
    private static final String PLACE = "command line";
    private static final int MOST_GPUS = 10_000_000;

    private final Assumptions assumptions = Assumptions.defaults();
    private int gpus;
    private double parameters = 1.2e12;
    private int jobs = 1;
    private double writeBytesPerSec;
    private double capacityBytes;
    private double checkpointsKept;
    private int racks;
    private LayoutProfile layout = new LayoutProfile(8, 2, 1 << 20, 64 << 10);
    private int sites = 1;
    private double distanceKm;
    private double geoIntervalSec = 3600;

    /** The numbers that the plan goes by. */
    public Assumptions assumptions() {
        return assumptions;
    }

    /** Sets an option. @param text as typed; null leaves it. */
    public PlanInput set(String option, String text) {
        if (text == null) {
            return this;
        }
        switch (option) {
            case "--gpus" -> gpus = (int) number(option, text, 1, MOST_GPUS, true);
            case "--model" -> parameters = parameters(option, text);
            case "--jobs" -> jobs = (int) number(option, text, 1, MOST_GPUS, true);
            case "--per-gpu" -> writeBytesPerSec = -rate(option, text);
            case "--rate" -> writeBytesPerSec = rate(option, text);
            case "--capacity" -> capacityBytes = rate(option, text);
            case "--keep" -> checkpointsKept = number(option, text, 1, 1e9, true);
            case "--racks" -> racks = (int) number(option, text, 1, 100_000, true);
            case "--layout" -> layout = layout(option, text);
            case "--sites" -> sites = (int) number(option, text, 1, 64, true);
            case "--distance" -> distanceKm = number(option, text, 0, 20_000, false);
            case "--geo-interval" -> geoIntervalSec = number(option, text, 60, 31_536_000, false);
            case "--waste" -> given(Assumption.Key.SAVE_PERCENT, percent(option, text, 0.1, 50), option);
            case "--fill" -> given(Assumption.Key.FILL_PERCENT, percent(option, text, 10, 95), option);
            case "--stall" -> given(Assumption.Key.STALL_SEC, number(option, text, 0.01, 600, false), option);
            case "--restart" -> given(Assumption.Key.RESTART_SEC, number(option, text, 0, 86_400, false), option);
            case "--readers" -> given(Assumption.Key.READERS, number(option, text, 1, MOST_GPUS, true), option);
            case "--bytes-per-parameter" ->
                given(Assumption.Key.BYTES_PER_PARAMETER, number(option, text, 1, 64, false), option);
            case "--gpu-hours" ->
                given(Assumption.Key.GPU_HOURS_PER_FAILURE, number(option, text, 100, 1e9, false), option);
            default -> throw new IllegalArgumentException("no such option of a plan: " + option);
        }
        return this;
    }

    /** What is asked for. @throws ProfileException if options contradict each other. */
    public PlanRequest request() {
        if (gpus == 0) {
            throw failure("--gpus", "expected an integer from 1 to " + MOST_GPUS + ", found nothing");
        }
        if (jobs > gpus) {
            throw failure("--jobs", "expected at most one a GPU (" + gpus + "), found " + jobs);
        }
        if (sites > gpus) {
            throw failure("--sites", "expected at most one a GPU (" + gpus + "), found " + sites);
        }
        if (racks > 0 && racks / sites < layout.chunks()) {
            throw failure(
                    "--layout",
                    "expected a layout of at most " + racks / sites + " chunks, the racks of a site, found "
                            + layout.notation());
        }
        double rate = writeBytesPerSec < 0 ? -writeBytesPerSec * gpus : writeBytesPerSec;
        return new PlanRequest(
                gpus,
                parameters,
                jobs,
                rate,
                capacityBytes,
                checkpointsKept,
                racks,
                layout,
                sites,
                distanceKm,
                geoIntervalSec);
    }

    /** A wrong word of the command line, as a problem of a profile. */
    public static ProfileException failure(String option, String text) {
        return new ProfileException(PLACE, List.of(new ProfileProblem(0, option, text)));
    }

    private void given(Assumption.Key key, double value, String option) {
        assumptions.put(key, value, Assumption.Basis.GIVEN, option);
    }

    private static double number(String option, String text, double least, double most, boolean whole) {
        String expected = "expected " + (whole ? "an integer" : "a number") + " from " + show(least) + " to "
                + show(most) + ", found " + text;
        double value;
        try {
            value = Double.parseDouble(text.strip());
        } catch (NumberFormatException e) {
            throw failure(option, expected);
        }
        if (!(value >= least && value <= most) || (whole && value != Math.rint(value))) {
            throw failure(option, expected);
        }
        return value;
    }

    private static double percent(String option, String text, double least, double most) {
        String plain = text.strip().endsWith("%")
                ? text.strip().substring(0, text.strip().length() - 1)
                : text;
        return number(option, plain, least, most, false);
    }

    private static double parameters(String option, String text) {
        try {
            double count = Count.parse(text);
            if (count < 1 || count > 1e15) {
                throw new IllegalArgumentException("expected a count from 1 to 1000T, found \"" + text + "\"");
            }
            return count;
        } catch (IllegalArgumentException e) {
            throw failure(option, e.getMessage());
        }
    }

    private static double rate(String option, String text) {
        try {
            long bytes = ByteSize.parse(text);
            if (bytes == 0) {
                throw new IllegalArgumentException("expected more than 0 bytes, found \"" + text + "\"");
            }
            return bytes;
        } catch (IllegalArgumentException e) {
            throw failure(option, e.getMessage());
        }
    }

    private static LayoutProfile layout(String option, String text) {
        try {
            int[] parts = LayoutProfile.parse(text);
            return new LayoutProfile(parts[0], parts[1], 1 << 20, 64 << 10);
        } catch (IllegalArgumentException e) {
            throw failure(option, e.getMessage().replaceFirst("^layout: ", ""));
        }
    }

    private static String show(double value) {
        return value == Math.rint(value) ? String.format(Locale.ROOT, "%.0f", value) : Double.toString(value);
    }

    /** Names of all options, for the command's own check that it offers them all. */
    public static List<String> options() {
        return List.of(
                "--gpus",
                "--model",
                "--jobs",
                "--per-gpu",
                "--rate",
                "--capacity",
                "--keep",
                "--racks",
                "--layout",
                "--sites",
                "--distance",
                "--geo-interval",
                "--waste",
                "--fill",
                "--stall",
                "--restart",
                "--readers",
                "--bytes-per-parameter",
                "--gpu-hours");
    }
}
