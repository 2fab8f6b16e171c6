package org.apollofs.dataplane.stripe;

/** Whether new chunks can go to a target, best first. */
public enum Usability {
    USABLE,
    /** Is not connected, does not answer, or has just failed: tried again until the caller's patience ends. */
    RECOVERING,
    /** Has no space. */
    FULL,
    /** Is known to be gone or out of service: no use in waiting. */
    DOWN;

    /** The worse of two. */
    Usability and(Usability other) {
        return compareTo(other) >= 0 ? this : other;
    }
}
