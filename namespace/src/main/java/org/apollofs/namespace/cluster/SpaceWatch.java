package org.apollofs.namespace.cluster;

import java.io.IOException;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.Agent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks how much space is left on the disk of the member that leads. When little is, the namespace refuses what grows
 * ({@link org.apollofs.namespace.client.NamespaceError#NO_SPACE}), and goes on when there is space again: a log that cannot be written
 * ends a member, and with it a site.
 *
 * <p>What is refused stands in the log all the same, which is what the reserve is for. An agent, beside the reads.
 */
final class SpaceWatch implements Agent {
    private static final Logger LOG = LoggerFactory.getLogger(SpaceWatch.class);
    private static final long CHECK_NS = 50_000_000L;
    /** Time for a notice to come back in the log. */
    private static final long REPEAT_NS = 1_000_000_000L;

    private final NamespaceMemberContext ctx;
    private final BooleanSupplier isLeader;
    private final BooleanSupplier isLow;
    private final BarrierSender sender;
    private final DiskSpace disk;
    private long checkedNs;
    private long sentNs;
    private boolean sent;

    /**
     * A watch over one member's disk.
     *
     * @param isLeader whether this member leads.
     * @param isLow whether space is low as far as the log says.
     * @param sender not owned.
     */
    SpaceWatch(
            NamespaceMemberContext ctx,
            DiskSpace disk,
            BooleanSupplier isLeader,
            BooleanSupplier isLow,
            BarrierSender sender) {
        this.ctx = ctx;
        this.disk = disk;
        this.isLeader = isLeader;
        this.isLow = isLow;
        this.sender = sender;
        checkedNs = ctx.nanoClock().nanoTime();
        sentNs = checkedNs - REPEAT_NS;
    }

    @Override
    public String roleName() {
        return "namespace-space";
    }

    @Override
    public int doWork() {
        long now = ctx.nanoClock().nanoTime();
        if (now - checkedNs < CHECK_NS) {
            return 0;
        }
        checkedNs = now;
        try {
            if (isLeader.getAsBoolean()) {
                look(now);
            }
        } catch (IOException e) {
            // Its disk fails, and the member with it.
            LOG.debug("namespace: space is not known: {}", e.getMessage());
        }
        return 0;
    }

    private void look(long now) throws IOException {
        boolean was = isLow.getAsBoolean();
        boolean is = disk.isLow(was);
        boolean isSaid = sent == is && now - sentNs < REPEAT_NS;
        if (is != was && !isSaid && sender.send(is, now)) {
            sentNs = now;
            sent = is;
            LOG.warn(
                    "namespace: {}: directory={}, usable={} bytes",
                    is ? "space is low, what grows is refused" : "there is space again",
                    ctx.directory(),
                    disk.usable());
        }
    }
}
