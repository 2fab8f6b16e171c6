package org.apollofs.namespace.client;

/** A command that the namespace refused or could not answer. The message is one line with path or inode and values. */
public final class NamespaceException extends RuntimeException {
    private final NamespaceError error;

    public NamespaceException(NamespaceError error, String message) {
        super(message);
        this.error = error;
    }

    /** Why. */
    public NamespaceError error() {
        return error;
    }
}
