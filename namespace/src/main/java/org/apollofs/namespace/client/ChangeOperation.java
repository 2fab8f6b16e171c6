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
    DELETE(12);

    private final int code;

    ChangeOperation(int code) {
        this.code = code;
    }

    /** Number in the log. */
    public int code() {
        return code;
    }
}
