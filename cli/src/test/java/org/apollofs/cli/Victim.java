package org.apollofs.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A process of a site, to be hurt: see {@link Fault}. One thread. */
interface Victim {
    /** Its role, and which one where there are several. */
    String name();

    /** Its process; several where it stands for several processes. */
    List<Long> pids();

    /** Whether nobody else does its work while it does not. */
    boolean isAlone();

    boolean isAlive();

    /** Starts it, without waiting. */
    void launch() throws IOException;

    /** Waits until it serves. @throws CommandFailure if it ends, or does not serve in time. */
    void awaitReady() throws IOException;

    /** SIGKILL, and waits for its end. */
    void kill() throws IOException;

    /** SIGTERM, and waits for its end. @throws CommandFailure if it does not end in time, or not with 0. */
    void terminate() throws IOException;

    /** Its folders in shared memory, which a power cut takes along. It runs. */
    List<Path> memory() throws IOException;

    /** What it wrote, over all launches. */
    List<String> log() throws IOException;
}
