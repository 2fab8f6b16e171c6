package org.apollofs.namespace.client;

/** What an entry of the change log says was done. Each has one number in the log, which never changes. */
public enum ChangeOperation {
    CREATE(1),
    MAKE_DIRECTORY(2),
    SYMLINK(3),
    LINK(4),
    UNLINK(5),
    REMOVE_DIRECTORY(6),
    /** The entry's path is the new one, its other path the old one. */
    RENAME(7),
    /** The two paths changed places. */
    EXCHANGE(8),
    SET_ATTRIBUTES(9),
    /** Content committed by a mount or a client. */
    COMMIT(10),
    /** A value set by path. */
    PUT(11),
    /** A file deleted by path. */
    DELETE(12),
    /** An extended attribute was set. */
    SET_XATTR(13),
    /** An extended attribute was removed. */
    REMOVE_XATTR(14);

    private static final ChangeOperation[] BY_CODE = new ChangeOperation[15];

    static {
        for (ChangeOperation operation : values()) {
            BY_CODE[operation.code] = operation;
        }
    }

    private final int code;

    ChangeOperation(int code) {
        this.code = code;
    }

    /** The operation of a number in the log. */
    public static ChangeOperation of(int code) {
        if (code < 1 || code >= BY_CODE.length) {
            throw new IllegalArgumentException("unknown operation in the change log: code=" + code);
        }
        return BY_CODE[code];
    }

    /** Number in the log. */
    public int code() {
        return code;
    }
}
