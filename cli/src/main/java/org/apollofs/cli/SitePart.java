package org.apollofs.cli;

/**
 * A part of a site that is not what it was.
 *
 * @param what one line: which part, what is wrong, and where it was expected.
 * @param remedy what brings it back.
 * @param canDiscard whether the site can go on without it when the operator gives it up.
 */
record SitePart(String what, String remedy, boolean canDiscard) {
    /** The failure of a start. @param siteId what an operator gives to say that he means it. */
    CommandFailure refusal(String siteId) {
        return new CommandFailure(
                ExitCode.MISSING, what, canDiscard ? remedy + ", or give it up for good: --discard " + siteId : remedy);
    }
}
