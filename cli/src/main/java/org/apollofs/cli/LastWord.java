package org.apollofs.cli;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Ends a process whose disk has failed, if it does not end in order within a moment: threads may wait in the kernel, and nothing can
 * be saved. The mount is left to the kernel, whose programs are told that it is dead.
 */
final class LastWord {
    private static final long MOMENT_NS = TimeUnit.MILLISECONDS.toNanos(1_500);

    private LastWord() {}

    /** Says why on standard error, and ends the process with the failure's code, unless it has ended by then. */
    static void sayUnlessEnded(CommandFailure failure) {
        Thread thread = new Thread(
                () -> {
                    long end = System.nanoTime() + MOMENT_NS;
                    for (long left = MOMENT_NS; left > 0; left = end - System.nanoTime()) {
                        LockSupport.parkNanos(left);
                    }
                    System.err.println("apollo: " + failure.getMessage().replace('\n', ' '));
                    System.err.flush();
                    Runtime.getRuntime().halt(failure.exitCode().code());
                },
                "apollo-last-word");
        thread.setDaemon(true);
        thread.start();
    }
}
