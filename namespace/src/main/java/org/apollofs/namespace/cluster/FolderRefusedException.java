package org.apollofs.namespace.cluster;

/** A member's folder is not for this start: its format or its cluster is another, or it is not what it was. Nothing in it was changed. */
public final class FolderRefusedException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    private final boolean isLost;
    private final String nextStep;

    FolderRefusedException(String message, String nextStep) {
        this(message, nextStep, false);
    }

    /** @param isLost whether something that once was there is not: it is missing, older, damaged, or another's. */
    FolderRefusedException(String message, String nextStep, boolean isLost) {
        super(message);
        this.nextStep = nextStep;
        this.isLost = isLost;
    }

    /** What an operator can do. */
    public String nextStep() {
        return nextStep;
    }

    /** Whether something that once was there is not: it is missing, older, damaged, or another's. */
    public boolean isLost() {
        return isLost;
    }
}
