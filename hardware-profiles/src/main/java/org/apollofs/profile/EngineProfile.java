package org.apollofs.profile;

/**
 * How targets write, and the memory of hosts and targets.
 *
 * @param hostSlabs chunk-sized slabs of a host.
 * @param targetSlabs chunk-sized slabs of each target.
 * @param sqpoll whether the kernel polls for submissions (io_uring).
 * @param iopoll whether drives are polled instead of interrupting, where they can be (io_uring).
 * @param commit when targets make durable what they wrote.
 * @param sweep how what was written and never committed is deleted after a start.
 * @param hedgeAfterMs a chunk read with no answer after this is reconstructed from parity.
 */
public record EngineProfile(
        Device device,
        Preallocate preallocate,
        int hostSlabs,
        int targetSlabs,
        boolean sqpoll,
        boolean iopoll,
        CommitProfile commit,
        SweepProfile sweep,
        int hedgeAfterMs) {
    /** Which device implementation. */
    public enum Device {
        /** io_uring where the kernel allows it, else FileChannel: said aloud at start. */
        AUTO,
        URING,
        FILECHANNEL
    }

    /** How a target's file gets its space. */
    public enum Preallocate {
        /** Instant. */
        FALLOCATE,
        /** Writes every block once: slow to make, and the first writes are as fast as later ones. */
        WRITE
    }

    EngineProfile withHostSlabs(int slabs) {
        return new EngineProfile(device, preallocate, slabs, targetSlabs, sqpoll, iopoll, commit, sweep, hedgeAfterMs);
    }
}
