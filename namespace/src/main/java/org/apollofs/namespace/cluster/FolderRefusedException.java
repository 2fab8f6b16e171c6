package org.apollofs.namespace.cluster;

/** A member's folder is whole, and not for this start: its format or its cluster is another. Nothing in it was changed. */
public final class FolderRefusedException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    private final String nextStep;

    FolderRefusedException(String message, String nextStep) {
        super(message);
        this.nextStep = nextStep;
    }

    /** What an operator can do. */
    public String nextStep() {
        return nextStep;
    }
}
