package org.apollofs.perf.workload;

import java.io.IOException;

/** Ranks that did not end in time: something below them hangs. The message says who waits where. */
public final class DeadlineExceededException extends IOException {
    /** @param message one line: what was done, the deadline, and each rank that still waits. */
    public DeadlineExceededException(String message) {
        super(message);
    }
}
