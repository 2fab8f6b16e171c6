package org.apollofs.cli;

import java.io.PrintWriter;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;

/**
 * What a command that follows a namespace does when it does not answer: says so once, and asks again from where it was, until the
 * operator ends it. One thread.
 */
final class FollowerPatience {
    private final PrintWriter err;
    private final boolean isEndless;
    private boolean isWaiting;

    private FollowerPatience(PrintWriter err, boolean isEndless) {
        this.err = err;
        this.isEndless = isEndless;
    }

    /** @param err told when it waits, and when it goes on. */
    FollowerPatience(PrintWriter err) {
        this(err, true);
    }

    /** For one that does not follow: what does not answer within its deadline is a failure. */
    static FollowerPatience none() {
        return new FollowerPatience(null, false);
    }

    /** Asks. @return false if the namespace did not answer, and it is to be asked again. */
    boolean tryTo(Runnable question) {
        try {
            question.run();
        } catch (NamespaceException e) {
            boolean isSilent = e.error() == NamespaceError.TIMEOUT || e.error() == NamespaceError.UNAVAILABLE;
            if (!isEndless || !isSilent) {
                throw e;
            }
            if (!isWaiting) {
                say("apollo: waits for the namespace: " + e.getMessage());
            }
            isWaiting = true;
            return false;
        }
        if (isWaiting) {
            isWaiting = false;
            say("apollo: goes on");
        }
        return true;
    }

    private void say(String line) {
        err.println(line);
        err.flush();
    }
}
