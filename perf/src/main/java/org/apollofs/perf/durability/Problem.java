package org.apollofs.perf.durability;

import java.io.IOException;

/**
 * Something that is not as it was promised.
 *
 * @param what one line.
 * @param error why it could not even be read, or null.
 */
record Problem(String what, Outcome error) {
    static Problem of(String what) {
        return new Problem(what, null);
    }

    static Problem unreadable(String name, IOException e) {
        Outcome error = Errors.ofContent(e);
        return new Problem(name + " cannot be read: " + error.error(), error);
    }
}
