package org.apollofs.profile.check;

/**
 * What a check found.
 *
 * @param verdict null where the check's own level decides: it is off.
 * @param measured what is there; why not, where it cannot be said.
 * @param expected what should be there; empty where all is well.
 */
public record Finding(Verdict verdict, String measured, String expected) {
    /** How it is. */
    public enum Verdict {
        OK,
        WARN,
        BAD,
        /** It was not checked: never taken for well. */
        CANNOT
    }

    /** All is well. */
    static Finding ok(String measured) {
        return new Finding(Verdict.OK, measured, "");
    }

    /** Not as it should be: an error or a warning, as the check is. */
    static Finding off(String measured, String expected) {
        return new Finding(null, measured, expected);
    }

    /** Not as it should be, and no error whatever the check is. */
    static Finding warn(String measured, String expected) {
        return new Finding(Verdict.WARN, measured, expected);
    }

    /** Not as it should be, and an error whatever the check is. */
    static Finding bad(String measured, String expected) {
        return new Finding(Verdict.BAD, measured, expected);
    }

    /** Nobody can say. @param why in a few words. */
    static Finding cannot(String why) {
        return new Finding(Verdict.CANNOT, why, "");
    }

    /** Well if something holds, else off. */
    static Finding of(boolean holds, String measured, String expected) {
        return holds ? ok(measured) : off(measured, expected);
    }
}
