package org.apollofs.perf.durability;

/** What a name leads to, as far as is known: a {@link DataFile}, a {@link Value}, or a directory. */
sealed interface Entry permits DataFile, Value, Entry.Directory {
    /** The mount went away: what was open and not yet promised is lost, or not. */
    void loseHandles();

    /** Whether a step on its content failed, so that more than one content is right. */
    boolean isDoubtful();

    /**
     * Holds what was found against what was promised.
     *
     * @param found the content, null if there is no file.
     * @param isLive in the mount in which it was written, before any crash: it must show what is not yet durable.
     * @return what is wrong, or null.
     */
    String problem(byte[] found, boolean isLive);

    /** An entry without content. */
    record Directory() implements Entry {
        @Override
        public void loseHandles() {
            // Nothing is ever open.
        }

        @Override
        public boolean isDoubtful() {
            return false;
        }

        @Override
        public String problem(byte[] found, boolean isLive) {
            return null;
        }
    }
}
