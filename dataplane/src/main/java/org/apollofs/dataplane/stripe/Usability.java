package org.apollofs.dataplane.stripe;

/** Whether new chunks can go to a target, best first. */
public enum Usability {
    USABLE,
    /** Has just failed or is connecting: soon to be tried again. */
    RECOVERING,
    /** Has no space. */
    FULL,
    /** Has failed for longer than the patience of a write. */
    DOWN;

    /** The worse of two. */
    Usability and(Usability other) {
        return compareTo(other) >= 0 ? this : other;
    }
}
