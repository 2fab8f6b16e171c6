package org.apollofs.namespace.state;

import org.apollofs.namespace.client.NamespaceError;

/**
 * A command is refused. Thrown before the command has changed anything: each command checks first and writes then, since
 * a batch of commands shares one LMDB transaction and one of them cannot be rolled back alone. Has no stack trace.
 */
final class Refusal extends RuntimeException {
    private final NamespaceError error;

    Refusal(NamespaceError error, String message) {
        super(message, null, false, false);
        this.error = error;
    }

    NamespaceError error() {
        return error;
    }
}
