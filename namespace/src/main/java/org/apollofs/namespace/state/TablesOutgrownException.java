package org.apollofs.namespace.state;

/** The tables do not fit in memory any more. The next state that is made in their folder has them on the disk. */
public final class TablesOutgrownException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TablesOutgrownException(String message) {
        super(message);
    }
}
