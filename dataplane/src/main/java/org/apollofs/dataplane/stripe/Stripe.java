package org.apollofs.dataplane.stripe;

import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.dataplane.layout.StripeLayout;
import org.apollofs.io.buffer.Slab;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;

/**
 * One stripe of one file from its first chunk until it is durable or given up.
 *
 * <p>Workers add chunks: parity is accumulated and the chunk sent at once, under the stripe's lock, which nobody holds
 * while waiting. Once closed and complete it is sealed: parity goes out. Answers come on the host agent's thread, which
 * alone ends a stripe and alone gives it another number: if any chunk fails, all go out again, to a group that is well,
 * as the slabs are kept until the last acknowledgement. Parity does not depend on the number, so it is not computed
 * twice.
 */
public final class Stripe {
    /** How far a stripe is. */
    enum State {
        OPEN,
        /** For good: it has a proof. */
        DURABLE,
        /** For good: its bytes are lost, and it takes no more. */
        FAILED
    }

    private static final int NOT_CLOSED = -1;
    /** A first failure that took long to show must not be the last. */
    private static final int LEAST_TRIES = 2;

    private static final long BACK_PRESSURE_WAIT_NS = 50_000;

    private final StripeContext context;
    private final StripeOwner owner;
    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicBoolean inAttention = new AtomicBoolean();

    /** Slots given out; under the file's lock. */
    private int placed;

    // Under the stripe's lock.
    private Chunk[] chunks;
    private Slab[] parity;
    private final long[] parityAddresses;
    private UnsafeBuffer[] parityChecksums;
    private UnsafeBuffer lengths;
    private int readyMask;
    private int added;
    private int longest;
    private int parityLength;

    private volatile int closedAt = NOT_CLOSED;
    private volatile boolean sealed;
    private volatile boolean unwanted;
    private volatile boolean named;
    private volatile long versionWhenNamed;
    private volatile State state = State.OPEN;
    private volatile Attempt attempt;
    private volatile StripeProof proof;
    private volatile StripeException failure;
    /** Set when a worker could not do its part: the stripe can never be complete. */
    private volatile RuntimeException broken;

    private long firstFailureNs;
    private int failures;

    /** @param parity slabs for parity, taken over. */
    Stripe(StripeContext context, StripeOwner owner, long number, Slab[] parity) {
        this.context = context;
        this.owner = owner;
        this.parity = parity;
        this.parityAddresses = new long[parity.length];
        for (int i = 0; i < parity.length; i++) {
            parityAddresses[i] = parity[i].address();
        }
        this.chunks = new Chunk[context.layout().dataChunks()];
        this.attempt = new Attempt(this, number, context.placement().group(number));
    }

    /** Its number now, for messages: final, and part of the proof, once it is durable. */
    long number() {
        return attempt.number;
    }

    /** That all its chunks are durable, and under which name; null if they are not, or not yet. */
    public StripeProof proof() {
        return proof;
    }

    /** Whether it is durable or was given up. */
    public boolean isFinal() {
        return state != State.OPEN;
    }

    /** Whether it was given up. */
    public boolean hasFailed() {
        return state == State.FAILED;
    }

    /** Why it was given up, or null. */
    public StripeException failure() {
        return failure;
    }

    // ---- under the file's lock

    /** Whether it takes another chunk. One that was given up takes none. */
    boolean hasSlot() {
        return placed < chunksPerStripe() && closedAt == NOT_CLOSED && state == State.OPEN;
    }

    int placed() {
        return placed;
    }

    /** Gives a chunk its place. */
    void place(Chunk chunk) {
        chunk.place(this, placed++);
        if (placed == chunksPerStripe()) {
            closedAt = placed;
        }
    }

    /** No more chunks will be placed. */
    void close() {
        closedAt = placed;
    }

    private int chunksPerStripe() {
        return context.layout().dataChunks();
    }

    // ---- workers

    /**
     * Takes a placed chunk's bytes: checksums, parity, out it goes; the last one of a closed stripe seals it.
     *
     * @param mayWait whether to wait for room in the lanes; else the host agent sends what is left.
     */
    void add(Chunk chunk, boolean mayWait) {
        try {
            takeAndSend(chunk, mayWait);
        } catch (RuntimeException e) {
            // The chunk has its place and may never fill it: the stripe must not wait for it.
            onBroken(e);
            throw e;
        }
    }

    private void onBroken(RuntimeException cause) {
        broken = cause;
        askAttention();
    }

    private void takeAndSend(Chunk chunk, boolean mayWait) {
        chunk.computeChecksums();
        boolean allSent;
        lock.lock();
        try {
            if (state == State.FAILED) {
                chunk.onFinal();
                return;
            }
            accumulate(chunk);
            chunks[chunk.index()] = chunk;
            readyMask |= 1 << chunk.index();
            added++;
            sealIfComplete();
            allSent = sendReady();
        } finally {
            lock.unlock();
        }
        finishSending(allSent, mayWait);
    }

    /** Seals a closed stripe if all its chunks were added; else the last one to come does. */
    void seal(boolean mayWait) {
        try {
            boolean allSent;
            lock.lock();
            try {
                sealIfComplete();
                allSent = sendReady();
            } finally {
                lock.unlock();
            }
            finishSending(allSent, mayWait);
        } catch (RuntimeException e) {
            onBroken(e);
            throw e;
        }
    }

    private void finishSending(boolean allSent, boolean mayWait) {
        boolean done = allSent;
        while (!done && mayWait) {
            context.waitStrategy().await(BACK_PRESSURE_WAIT_NS);
            lock.lock();
            try {
                done = sendReady();
            } finally {
                lock.unlock();
            }
        }
        if (!done) {
            askAttention();
        }
    }

    private void accumulate(Chunk chunk) {
        if (parity.length > 0) {
            context.code()
                    .accumulate(chunk.index(), chunk.slab().slab().address(), chunk.length(), parityAddresses, longest);
        }
        longest = Math.max(longest, chunk.length());
    }

    private void sealIfComplete() {
        if (sealed || state != State.OPEN || closedAt == NOT_CLOSED || added < closedAt) {
            return;
        }
        StripeLayout layout = context.layout();
        if (layout.parityChunks() > 0) {
            lengths = new UnsafeBuffer(new byte[layout.dataChunks() * Integer.BYTES]);
            for (int i = 0; i < layout.dataChunks(); i++) {
                lengths.putInt(i * Integer.BYTES, chunks[i] == null ? 0 : chunks[i].length(), ByteOrder.LITTLE_ENDIAN);
            }
            parityLength = layout.parityLength(longest);
            parityChecksums = new UnsafeBuffer[parity.length];
            for (int i = 0; i < parity.length; i++) {
                parity[i].buffer().setMemory(longest, parityLength - longest, (byte) 0);
                parityChecksums[i] = Checksums.of(parity[i].buffer(), parityLength);
            }
            readyMask |= ((1 << layout.parityChunks()) - 1) << layout.dataChunks();
        }
        context.counters().stripesSealed.increment();
        sealed = true;
        if (layout.parityChunks() == 0) {
            // All acknowledgements may have come before: nobody but the agent would notice.
            askAttention();
        }
    }

    /** Sends what is ready. Lock held. @return false if something is left for later. */
    private boolean sendReady() {
        Attempt current = attempt;
        if (state != State.OPEN || current.failure() != null) {
            return true;
        }
        boolean allSent = true;
        for (int unsent = readyMask & ~current.sentMask; unsent != 0; unsent &= unsent - 1) {
            int index = Integer.numberOfTrailingZeros(unsent);
            long status = send(current, index);
            if (status == Lane.SENT) {
                current.sentMask |= 1 << index;
            } else if (status == Lane.BACK_PRESSURED && !isBlockedTooLong(current)) {
                allSent = false;
            } else {
                failSend(current, current.group[index], status);
                return true;
            }
        }
        if (allSent) {
            current.blockedSinceNs = 0;
        }
        return allSent;
    }

    private boolean isBlockedTooLong(Attempt current) {
        context.counters().backPressure.increment();
        long now = context.clock().nanoTime();
        if (current.blockedSinceNs == 0) {
            current.blockedSinceNs = now;
        }
        return now - current.blockedSinceNs > context.writeTimeoutNs();
    }

    private void failSend(Attempt current, int target, long status) {
        String message = "write failed: target=" + target + ": "
                + (status == Lane.BACK_PRESSURED
                        ? "no room for " + context.writeTimeoutNs() / 1_000_000 + " ms"
                        : "not connected");
        current.fail(target, ErrorCode.UNREACHABLE, message);
        askAttention();
    }

    private long send(Attempt current, int index) {
        UnsafeBuffer payload;
        UnsafeBuffer checksums;
        int length;
        boolean isParity = context.layout().isParity(index);
        if (isParity && parity.length > 0) {
            int which = index - context.layout().dataChunks();
            payload = parity[which].buffer();
            checksums = parityChecksums[which];
            length = parityLength;
        } else {
            // Parity of a single data chunk is a copy of it.
            Chunk chunk = chunks[isParity ? 0 : index];
            payload = chunk.buffer();
            checksums = chunk.checksums();
            length = chunk.length();
        }
        Request request = current.begun[index];
        if (request == null) {
            request = context.targets().beginWrite(current, index);
            if (request == null) {
                return Lane.BACK_PRESSURED;
            }
        }
        current.begun[index] = null;
        current.onSending();
        long status = context.targets()
                .writeChunk(
                        current.group[index],
                        request,
                        current.number,
                        payload,
                        length,
                        checksums,
                        isParity ? lengths : null);
        if (status == Lane.SENT) {
            context.counters().bytesSent.add(length);
        } else {
            current.onNotSent();
        }
        if (status == Lane.BACK_PRESSURED) {
            // Part of it may be in the lane: the rest follows under the same id.
            current.begun[index] = request;
        }
        return status;
    }

    private void askAttention() {
        if (inAttention.compareAndSet(false, true)) {
            context.attention().add(this);
        }
    }

    // ---- host agent

    /**
     * A commit that names the stripe is about to be sent. From now on the namespace alone says whether its chunks are
     * garbage: also a commit that got no answer may have taken effect.
     *
     * @param version of the file's content that was known then.
     */
    public void onNaming(long version) {
        versionWhenNamed = version;
        named = true;
    }

    /** What {@link #onNaming} was told, by the worker that commits. */
    public long versionWhenNamed() {
        return versionWhenNamed;
    }

    /** That commit was refused, and no other has named the stripe. */
    public void onNamingRefused() {
        named = false;
    }

    /** Whether a commit has named it. */
    public boolean isNamed() {
        return named;
    }

    /**
     * This host refers to the stripe no more, and will not again: its chunks are garbage once it is final, unless a commit
     * has named it.
     */
    public void abandonWhenFinal() {
        lock.lock();
        try {
            unwanted = true;
            abandonIfDurable();
        } finally {
            lock.unlock();
        }
    }

    private void abandonIfDurable() {
        if (unwanted && !named && state == State.DURABLE) {
            context.abandoned().add(proof.number(), proof.placement());
        }
    }

    /** An attempt's request was answered. */
    void onAnswer(Attempt answered) {
        if (answered.abandoned) {
            discardIfAnswered(answered);
        } else if (answered.failure() != null) {
            askAttention();
        } else {
            endIfDurable();
        }
    }

    /** Does what is left to do. @return true if the stripe needs no more attention. */
    boolean advance() {
        if (!lock.tryLock()) {
            return false;
        }
        try {
            boolean done = state != State.OPEN || goOn();
            if (done) {
                inAttention.set(false);
                endIfDurable();
                // A failure noted between the check and the line above would not have asked again.
                boolean isWell = attempt.failure() == null && broken == null;
                done = state != State.OPEN || isWell || !inAttention.compareAndSet(false, true);
            }
            return done;
        } finally {
            lock.unlock();
        }
    }

    private boolean goOn() {
        RuntimeException bug = broken;
        if (bug != null) {
            abandonAttempt();
            giveUp(StripeException.Kind.IO_ERROR, "write failed: " + owner.describe() + ": " + bug);
            return true;
        }
        return attempt.failure() == null ? sendReady() : tryAgain();
    }

    private void endIfDurable() {
        if (sealed && state == State.OPEN && attempt.failure() == null && attempt.ackedMask == readyMask) {
            proof = new StripeProof(context.targets().session(), attempt.number, placement());
            state = State.DURABLE;
            end();
        }
    }

    private int placement() {
        return context.placement().id();
    }

    /** Another number, another group. @return true if all is sent, or the stripe given up. */
    private boolean tryAgain() {
        long now = context.clock().nanoTime();
        if (firstFailureNs == 0) {
            firstFailureNs = now;
        }
        long number = context.chooser().choose(null);
        boolean outOfPatience = now - firstFailureNs > context.patienceNs();
        if (number == GroupChooser.RECOVERING && !outOfPatience) {
            return false;
        }
        abandonAttempt();
        if (number < 0 || (outOfPatience && failures >= LEAST_TRIES)) {
            giveUpFor(number);
            return true;
        }
        failures++;
        attempt = new Attempt(this, number, context.placement().group(number));
        context.counters().stripesRewritten.increment();
        return sendReady();
    }

    private void giveUpFor(long status) {
        Attempt.Failure cause = attempt.failure();
        StripeException.Kind kind = status == GroupChooser.FULL || cause.code() == ErrorCode.NO_SPACE
                ? StripeException.Kind.NO_SPACE
                : StripeException.Kind.IO_ERROR;
        String message = "write failed: " + owner.describe() + ", stripe=" + attempt.number + ", target="
                + cause.targetId() + ", " + cause.code() + ": " + cause.message();
        if (status < 0 && status != GroupChooser.RECOVERING) {
            message = context.chooser().failure(status, message).getMessage();
        }
        giveUp(kind, message);
    }

    private void giveUp(StripeException.Kind kind, String message) {
        failure = new StripeException(kind, message);
        context.counters().stripesFailed.increment();
        state = State.FAILED;
        end();
    }

    private void abandonAttempt() {
        attempt.abandoned = true;
        for (int i = 0; i < attempt.begun.length; i++) {
            if (attempt.begun[i] != null) {
                context.targets().abandonWrite(attempt.begun[i]);
                attempt.begun[i] = null;
            }
        }
        discardIfAnswered(attempt);
    }

    /** The chunks of an abandoned attempt are deleted only when no write of one can come after the delete. */
    private void discardIfAnswered(Attempt abandonedAttempt) {
        if (abandonedAttempt.sentMask != 0 && abandonedAttempt.isAnswered()) {
            abandonedAttempt.sentMask = 0;
            context.abandoned().add(abandonedAttempt.number, placement());
        }
    }

    private void end() {
        for (Chunk chunk : chunks) {
            if (chunk != null) {
                chunk.onFinal();
            }
        }
        chunks = null;
        lengths = null;
        releaseParity();
        abandonIfDurable();
        owner.onStripeFinal(this);
    }

    private void releaseParity() {
        for (Slab slab : parity) {
            slab.release();
        }
        parity = new Slab[0];
        parityChecksums = null;
    }

    /** Gives back a stripe that never got a chunk. */
    void drop() {
        releaseParity();
    }
}
