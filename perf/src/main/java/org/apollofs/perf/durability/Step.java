package org.apollofs.perf.durability;

/**
 * One call of one worker. A worker has one under way at a time, and alone uses the names of its folder, so its steps have one
 * order.
 *
 * @param id rises, over all workers.
 * @param worker whose it is.
 * @param kind what is asked for.
 * @param name path in the worker's folder; of a WRITE, TRUNCATE, FSYNC or CLOSE that which the file was opened by.
 * @param other new name of a RENAME or LINK, second key of a TXN, else "".
 * @param handle step that opened the file, for what goes through an open file, else 0.
 * @param offset of a WRITE.
 * @param length of a WRITE or a value; new size of a TRUNCATE.
 * @param seed of what is written: see {@link Content}.
 */
public record Step(
        long id, int worker, Kind kind, String name, String other, long handle, long offset, long length, long seed) {
    /** What a worker can ask for. */
    public enum Kind {
        /** Makes a file that is not there, and opens it. */
        CREATE,
        /** Opens a file. */
        OPEN,
        /** Writes once; the call may take fewer bytes. */
        WRITE,
        TRUNCATE,
        FSYNC,
        CLOSE,
        /** Opens a small file with O_TRUNC, writes it anew, closes it: three calls, one promise. */
        REWRITE,
        RENAME,
        LINK,
        UNLINK,
        MKDIR,
        RMDIR,
        /** Removes what a step may have left under a name whose fate nobody was told; done also if there is nothing. */
        CLEAN,
        /** Reads a file, and compares. */
        READ,
        PUT,
        /** From the value that is certain to another. */
        CAS,
        /** Puts one value under two keys. */
        TXN,
        DELETE,
        GET;

        /** Whether it changes nothing: what it may not be told is no promise. */
        boolean isQuestion() {
            return this == READ || this == GET || this == OPEN;
        }
    }
}
