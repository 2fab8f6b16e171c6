package org.apollofs.namespace.client;

/**
 * An entry of the change log where it stands in a page: nothing of it is copied until it is asked for, so that a follower of
 * many changes makes no garbage. Valid during the call that hands it out; {@link #toChange()} keeps it. Fields are those of
 * {@link Change}.
 */
public interface ChangeView {
    /** Takes the entries of a page, in order. */
    @FunctionalInterface
    interface Handler {
        /** @param change valid during the call. */
        void onChange(ChangeView change);
    }

    /** Place in the log. */
    long sequence();

    /** Time of the log, ns since the epoch. */
    long timeNs();

    /** What was done. */
    ChangeOperation operation();

    /** Bytes of the path, in UTF-8. */
    int pathLength();

    /**
     * Copies the path's bytes.
     *
     * @param to with {@link #pathLength()} bytes of room from an offset on.
     */
    void getPath(byte[] to, int offset);

    /** The path, decoded with each call. */
    String path();

    /** The other path, decoded with each call; empty if there is none. */
    String otherPath();

    /** The changed inode. */
    long inode();

    /** Directory of the name that was changed. */
    long parent();

    /** Bytes of the file. */
    long size();

    /** Sequence of the last entry of its transaction. */
    long transaction();

    /** Writer session that did it. */
    long session();

    /** Whether its transaction is whole with this entry. */
    default boolean isLastOfTransaction() {
        return sequence() == transaction();
    }

    /** A copy that stays. */
    default Change toChange() {
        return new Change(
                sequence(),
                timeNs(),
                operation(),
                path(),
                otherPath(),
                inode(),
                parent(),
                size(),
                transaction(),
                session());
    }
}
