package org.apollofs.namespace.client;

/** Why the namespace refused a command. Each has one number on the wire, which never changes. */
public enum NamespaceError {
    NOT_FOUND(1),
    EXISTS(2),
    NOT_DIRECTORY(3),
    IS_DIRECTORY(4),
    NOT_EMPTY(5),
    NAME_TOO_LONG(6),
    PATH_TOO_LONG(7),
    VALUE_TOO_LARGE(8),
    TRANSACTION_TOO_LARGE(9),
    INVALID(10),
    /** The expected version or content version was another. */
    VERSION_MISMATCH(11),
    /** The session's lease has expired: nothing of it is accepted any more. */
    FENCED(12),
    /** A rename of a directory into itself. */
    LOOP(13),
    TOO_MANY_LINKS(14),
    NOT_PERMITTED(15),
    /** No answer within the deadline: the command may or may not have taken effect. */
    TIMEOUT(16),
    /** No leader, or the namespace is shutting down. */
    UNAVAILABLE(17),
    /** The command's version is not known to this build. */
    UNSUPPORTED(18),
    /** No space on the disk of the log, or for the names of extended attributes. */
    NO_SPACE(19),
    /** The change asked for is not retained any more. */
    EXPIRED(20),
    TOO_MANY_CONSUMERS(21);

    private static final NamespaceError[] VALUES = values();

    private final int code;

    NamespaceError(int code) {
        this.code = code;
    }

    /** The error of a number on the wire; {@link #UNSUPPORTED} for one this build does not know. */
    public static NamespaceError of(int code) {
        for (NamespaceError error : VALUES) {
            if (error.code == code) {
                return error;
            }
        }
        return UNSUPPORTED;
    }

    /** Number on the wire. */
    public int code() {
        return code;
    }
}
