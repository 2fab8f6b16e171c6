package org.apollofs.cli;

/** How a command ends: one number a cause, the same in every subcommand. Described in docs/exit-codes.md. */
public enum ExitCode {
    OK(0, "done"),
    INTERNAL(1, "unexpected failure; --debug shows where"),
    USAGE(2, "wrong option or argument"),
    PROFILE(3, "the profile is missing or wrong"),
    TARGET(4, "a target cannot be used: too small, damaged, of another site"),
    MOUNT(5, "the mount failed: mount point, /dev/fuse or libfuse"),
    NO_SPACE(6, "no space left"),
    ABSENT(7, "there is no such key"),
    UNAVAILABLE(8, "the site or its namespace does not answer"),
    CONFLICT(9, "the key has another value or version than expected"),
    VERIFY(10, "bytes read back differ, or could not be read"),
    SITE(11, "the site's folder cannot be used: in use, or not a site"),
    MEASURE(12, "a benchmark failed or missed its goal"),
    EXPIRED(13, "the change log does not go back that far any more"),
    SHORT(14, "a check found an error, or a profile is short of its goals"),
    PERMISSION(15, "no permission: another user's site, or a secret that the namespace does not know"),
    MISSING(16, "a part of the site is missing, damaged, older than it was, or another's"),
    INTERRUPTED(130, "stopped by Ctrl-C or SIGTERM before it was done");

    private final int code;
    private final String meaning;

    ExitCode(int code, String meaning) {
        this.code = code;
        this.meaning = meaning;
    }

    /** Process exit status. */
    public int code() {
        return code;
    }

    /** One line for manuals. */
    public String meaning() {
        return meaning;
    }
}
