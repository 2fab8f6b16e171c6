package org.apollofs.profile.sizing;

/** How often a job fails. */
public final class Failures {
    /**
     * GPU-hours between failures of a job: Llama 3 had 419 unexpected ones in 54 days on 16,384 GPUs, 50.7 thousand; MLCommons takes
     * the same.
     */
    public static final double GPU_HOURS = 50_000;

    private static final double SECONDS_PER_HOUR = 3600;

    private Failures() {}

    /** Mean time between failures of a job in seconds. @param gpuHours between failures of one GPU's share. */
    public static double meanTimeSec(double gpus, double gpuHours) {
        return gpuHours * SECONDS_PER_HOUR / gpus;
    }
}
