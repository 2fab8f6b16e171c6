package org.apollofs.perf.workload;

/**
 * How reading one file back ended.
 *
 * @param name the file.
 * @param kind matched, or how not.
 * @param detail one line: what was found and expected, or the error; empty if it matched.
 */
public record FileVerdict(String name, Kind kind, String detail) {
    /** How it ended. */
    public enum Kind {
        /** Length and SHA-256 are as written. */
        MATCHED,
        /** It was read to its end, and is not what was written. */
        MISMATCHED,
        /** Open or read failed with EIO. */
        IO_ERROR,
        /** Open or read failed with something else. */
        OTHER_ERROR
    }

    /** Whether length and SHA-256 are as written. */
    public boolean matched() {
        return kind == Kind.MATCHED;
    }
}
