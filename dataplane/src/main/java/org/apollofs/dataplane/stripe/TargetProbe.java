package org.apollofs.dataplane.stripe;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.DirectBuffer;
import org.agrona.collections.IntHashSet;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.namespace.client.PlacementTable;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;

/**
 * Proves that chunks can be written to targets, made durable and read back: one small chunk to each target that is not
 * known to be gone. The chunks have names of stripes that nobody refers to, and are garbage when it ends.
 *
 * <p>One worker runs it once and waits; answers come on the host agent's thread, also after it has ended.
 */
public final class TargetProbe {
    private static final int LENGTH = 4096;
    private static final long WAIT_NS = 1_000_000;

    /**
     * What came of it.
     *
     * @param failure why the target is not proved to work, or null if it is.
     * @param isFull whether it only lacks space.
     * @param isSilent whether it has not answered, and may yet.
     */
    public record Outcome(int targetId, String failure, boolean isFull, boolean isSilent) {}

    /** A stripe's name, given back once the worker and all writes under it have ended: none must come after the delete. */
    private final class Name {
        final long stripe;
        /** What its chunks hold: other bytes than those of any other name. */
        final UnsafeBuffer payload = new UnsafeBuffer(new byte[LENGTH]);

        final UnsafeBuffer checksums;
        private final AtomicInteger users = new AtomicInteger(1);

        Name(long stripe) {
            this.stripe = stripe;
            payload.putLong(0, stripe, ByteOrder.LITTLE_ENDIAN);
            checksums = Checksums.of(payload, LENGTH);
        }

        void enter() {
            users.incrementAndGet();
        }

        void leave() {
            if (users.decrementAndGet() == 0) {
                context.abandoned().add(stripe, context.placement().id());
            }
        }
    }

    /** One chunk on one target. The fields are the worker's but for the answer. */
    private final class Trial implements RequestListener {
        final int targetId;
        final Name name;
        final int index;
        private Request begun;
        private boolean isSent;
        private boolean isReading;
        private volatile boolean isWritten;
        private volatile boolean isDone;
        private volatile boolean isFull;
        private volatile String failure;

        Trial(int targetId, Name name, int index) {
            this.targetId = targetId;
            this.name = name;
            this.index = index;
        }

        /** Does what can be done now, on the worker's thread. */
        void advance() {
            if (isDone || (isSent && !isWritten) || isReading) {
                return;
            }
            long status = isWritten ? read() : write();
            if (status == Lane.CLOSED) {
                end("the target refuses this host");
            }
        }

        private long write() {
            begun = begun == null ? context.targets().beginWrite(this, index) : begun;
            if (begun == null) {
                return Lane.BACK_PRESSURED;
            }
            name.enter();
            long status = context.targets()
                    .writeChunk(targetId, begun, name.stripe, name.payload, LENGTH, name.checksums, null);
            isSent = status == Lane.SENT;
            if (!isSent) {
                name.leave();
            }
            if (status != Lane.BACK_PRESSURED) {
                begun = null;
            }
            return status;
        }

        private long read() {
            Slab slab = context.readSlabs().tryAcquire();
            if (slab == null) {
                return Lane.BACK_PRESSURED;
            }
            // Before it is sent: the answer may come first.
            isReading = true;
            long session = context.targets().session();
            long status = context.targets().readChunk(targetId, this, session, name.stripe, index, 0, LENGTH, slab);
            if (status != Lane.SENT) {
                isReading = false;
                slab.release();
            }
            return status;
        }

        private void end(String why) {
            failure = why;
            isDone = true;
        }

        /** Nobody waits any more. */
        void abandon() {
            if (begun != null) {
                context.targets().abandonWrite(begun);
                begun = null;
            }
        }

        @Override
        public void onChunkWritten(int id, int requestIndex) {
            name.leave();
            isWritten = true;
        }

        @Override
        public void onChunkRead(
                int id,
                int requestIndex,
                Slab slab,
                int blockOffset,
                int length,
                DirectBuffer blockChecksums,
                int chunkLength,
                DirectBuffer stripeLengths) {
            boolean same = length == LENGTH && Checksums.firstMismatch(slab.buffer(), length, name.checksums) < 0;
            slab.release();
            end(same ? null : "it gave other bytes than were written");
        }

        @Override
        public void onError(int id, int requestIndex, ErrorCode code, String message, Slab slab) {
            if (slab != null) {
                slab.release();
            }
            if (!isWritten) {
                name.leave();
            }
            isFull = code == ErrorCode.NO_SPACE;
            end(message);
        }

        Outcome outcome() {
            if (isDone) {
                return new Outcome(targetId, failure, isFull, false);
            }
            String waiting =
                    !isSent ? "does not take a write" : !isWritten ? "has not written yet" : "has not read yet";
            return new Outcome(targetId, waiting + ": " + context.targets().describe(targetId), false, true);
        }
    }

    private final StripeContext context;
    private final List<Name> names = new ArrayList<>();

    /** @param context shared by all stripes of the host. */
    public TargetProbe(StripeContext context) {
        this.context = context;
    }

    /**
     * Runs it.
     *
     * @param timeoutNs after which it ends: targets that have not answered are not proved.
     * @return one for each target that is not known to be gone.
     */
    public List<Outcome> run(long timeoutNs) {
        List<Trial> trials = begin();
        long deadlineNs = context.clock().nanoTime() + timeoutNs;
        boolean isOver = false;
        while (!isOver) {
            isOver = true;
            for (Trial trial : trials) {
                trial.advance();
                isOver &= trial.isDone;
            }
            if (!isOver) {
                isOver = context.clock().nanoTime() - deadlineNs >= 0;
                context.waitStrategy().await(WAIT_NS);
            }
        }
        trials.forEach(Trial::abandon);
        names.forEach(Name::leave);
        return trials.stream().map(Trial::outcome).toList();
    }

    /** A trial for each target, under the name of a chunk that belongs there. */
    private List<Trial> begin() {
        PlacementTable placement = context.placement();
        IntHashSet covered = new IntHashSet();
        List<Trial> trials = new ArrayList<>();
        for (int[] group : placement.groups()) {
            Name name = null;
            for (int i = 0; i < group.length; i++) {
                if (!context.targets().isGone(group[i]) && covered.add(group[i])) {
                    name = name == null ? nameIn(group) : name;
                    trials.add(new Trial(group[i], name, i));
                }
            }
        }
        return trials;
    }

    /** A name whose group is this one: groups take turns. */
    private Name nameIn(int[] group) {
        long number = context.numbers().one();
        while (!Arrays.equals(context.placement().group(number), group)) {
            number = context.numbers().one();
        }
        Name name = new Name(number);
        names.add(name);
        return name;
    }
}
