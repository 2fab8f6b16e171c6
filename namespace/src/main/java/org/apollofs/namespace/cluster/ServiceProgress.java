package org.apollofs.namespace.cluster;

/** How far a member's service is, for the thread that answers questions. The service's thread writes, any may read. */
final class ServiceProgress {
    /**
     * A leadership term.
     *
     * @param id number of the term.
     * @param logSessionId Aeron session of the log's publication, by which its recording is found.
     */
    record Term(long id, int logSessionId) {}

    private volatile long position;
    private volatile Term led;

    /** What stands in the log before a position is applied; whether it is committed is for the tables to say. */
    void moveTo(long newPosition) {
        if (newPosition != position) {
            position = newPosition;
        }
    }

    /** This member leads a term; null: none. */
    void lead(Term term) {
        led = term;
    }

    long position() {
        return position;
    }

    /** The term that this member leads as far as its service knows, which others may have ended; or null. */
    Term led() {
        return led;
    }
}
