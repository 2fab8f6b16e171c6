package org.apollofs.dataplane.repair;

/** The name of a stripe: the session of the host that wrote it, and the number that the host gave it. */
record StripeName(long session, long stripe) {
    @Override
    public String toString() {
        return "session=" + session + ", stripe=" + stripe;
    }
}
