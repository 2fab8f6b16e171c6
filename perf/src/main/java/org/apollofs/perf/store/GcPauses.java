package org.apollofs.perf.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/**
 * The collector's pauses in this process, as Flight Recorder has them: every thread stands still in them, the pipeline's too.
 * One thread; its maker closes it.
 */
public final class GcPauses implements AutoCloseable {
    private static final String PAUSE_EVENT = "jdk.GCPhasePause";

    /**
     * What was found.
     *
     * @param count pauses.
     * @param longestMs of them, 0 without any.
     * @param totalMs of all.
     */
    public record Result(long count, double longestMs, double totalMs) {}

    private final Recording recording = new Recording();

    /** Begins to record. */
    public GcPauses() {
        recording.enable(PAUSE_EVENT).withThreshold(Duration.ZERO).withoutStackTrace();
        recording.start();
    }

    /** Ends the recording and reads it. @param file to be made, read and deleted. */
    public Result stop(Path file) throws IOException {
        recording.stop();
        recording.dump(file);
        long count = 0;
        long longestNs = 0;
        long totalNs = 0;
        try (RecordingFile events = new RecordingFile(file)) {
            while (events.hasMoreEvents()) {
                RecordedEvent event = events.readEvent();
                if (event.getEventType().getName().equals(PAUSE_EVENT)) {
                    count++;
                    longestNs = Math.max(longestNs, event.getDuration().toNanos());
                    totalNs += event.getDuration().toNanos();
                }
            }
        } finally {
            Files.delete(file);
        }
        return new Result(count, longestNs / 1e6, totalNs / 1e6);
    }

    @Override
    public void close() {
        recording.close();
    }
}
