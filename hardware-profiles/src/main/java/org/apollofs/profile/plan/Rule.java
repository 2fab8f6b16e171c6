package org.apollofs.profile.plan;

/**
 * A profile held against one rule.
 *
 * @param key of the profile that it is about.
 * @param name what is compared.
 * @param present what the profile has.
 * @param needed at least; or at most, where {@code atMost}.
 * @param why the rule is.
 */
public record Rule(String key, String name, double present, double needed, boolean atMost, Unit unit, String why) {
    /** Whether it holds; a millionth off is rounding. */
    public boolean holds() {
        double slack = Math.abs(needed) * 1e-6;
        return atMost ? present <= needed + slack : present >= needed - slack;
    }

    /** One line: what is short, and by how much. */
    public String describe() {
        String text = unit.format(present) + (atMost ? ", at most " : ", at least ") + unit.format(needed);
        if (holds()) {
            return text;
        }
        double off = Math.abs(present - needed);
        return text + ": " + (atMost ? "over" : "short") + " by " + unit.format(off);
    }
}
