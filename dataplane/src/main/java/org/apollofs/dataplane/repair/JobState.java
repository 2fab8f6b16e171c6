package org.apollofs.dataplane.repair;

/** How far a job is. */
public enum JobState {
    /** Finds out what there is to do. */
    PLANNING,
    /** Does it. */
    RUNNING,
    /** Goes on by itself once what it waits for is there (space, a target), or when it is told to. The reason says which. */
    PAUSED,
    /** All is done. */
    DONE,
    /** What is left cannot be done: the reason says why. It is tried again when a target comes back. */
    FAILED
}
