package org.apollofs.namespace.cluster;

import java.io.IOException;
import java.util.function.LongSupplier;
import org.agrona.concurrent.Agent;
import org.apollofs.namespace.client.NamespaceIdentity;
import org.apollofs.namespace.state.NamespaceState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a member's marks up to date while it runs: which namespace it is of, as soon as the log says so; how far it has come, every
 * few seconds. An agent with a thread of its own: where the marks are, the disk may be slow or stand still, and nobody waits for it.
 */
final class MarkKeeper implements Agent {
    /** How far a copy of the folder may lie behind and not be found to be older, where the member was killed. */
    static final long INTERVAL_NS = 2_000_000_000L;

    private static final Logger LOG = LoggerFactory.getLogger(MarkKeeper.class);

    private final NamespaceMemberContext ctx;
    private final MemberMarks marks;
    private final NamespaceState state;
    private final ServiceProgress progress;
    private final LongSupplier voted;
    private NamespaceIdentity noted = NamespaceIdentity.NONE;
    private long lastNs;
    private boolean hasFailed;

    /** @param voted the latest term that the member has voted in, -1 for none. */
    MarkKeeper(
            NamespaceMemberContext ctx,
            MemberMarks marks,
            NamespaceState state,
            ServiceProgress progress,
            LongSupplier voted) {
        this.ctx = ctx;
        this.marks = marks;
        this.state = state;
        this.progress = progress;
        this.voted = voted;
        lastNs = ctx.nanoClock().nanoTime();
    }

    @Override
    public String roleName() {
        return "namespace-marks";
    }

    @Override
    public int doWork() {
        try {
            NamespaceIdentity identity = state.identity();
            if (identity.generation() > noted.generation()) {
                if (marks.mark().isOfAnother(identity.id())) {
                    noted = identity;
                    ctx.failureHandler().accept(MemberAdmission.refused(ctx, marks.mark(), identity));
                    return 1;
                }
                marks.noteNamespace(identity.id(), identity.generation());
                noted = identity;
                return 1;
            }
            return noteProgress();
        } catch (IOException e) {
            if (!hasFailed) {
                hasFailed = true;
                LOG.warn("namespace member: its marks cannot be written: {}, {}", ctx.directory(), e.getMessage());
            }
            return 0;
        }
    }

    private int noteProgress() throws IOException {
        long now = ctx.nanoClock().nanoTime();
        if (now - lastNs < INTERVAL_NS) {
            return 0;
        }
        lastNs = now;
        long position = progress.position();
        long term = voted.getAsLong();
        if (position <= marks.mark().position() && term <= marks.mark().voted()) {
            return 0;
        }
        marks.noteProgress(position, term);
        hasFailed = false;
        return 1;
    }

    /** The member has stopped: what it has now it will have again. */
    @Override
    public void onClose() {
        try {
            marks.noteEnd(progress.position(), voted.getAsLong());
        } catch (IOException e) {
            LOG.warn("namespace member: its marks cannot be written: {}, {}", ctx.directory(), e.getMessage());
        }
    }
}
