package org.apollofs.cli;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What has been started, to be ended in the opposite order. A failure to end one thing does not keep the others from
 * being ended; the first failure is thrown at the end, with the others suppressed. One thread at a time.
 */
final class CloseStack implements AutoCloseable {
    private final Deque<AutoCloseable> entries = new ArrayDeque<>();

    /** Adds what is to be ended first from now on. @return it. */
    <T extends AutoCloseable> T push(T closeable) {
        entries.push(closeable);
        return closeable;
    }

    /** Ends all, last first. Idempotent. */
    @Override
    public void close() {
        RuntimeException first = null;
        while (!entries.isEmpty()) {
            try {
                entries.pop().close();
            } catch (Exception e) {
                if (e instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                }
                RuntimeException failure =
                        e instanceof RuntimeException known ? known : new IllegalStateException(e.getMessage(), e);
                if (first == null) {
                    first = failure;
                } else {
                    first.addSuppressed(failure);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
