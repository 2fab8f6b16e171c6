package org.apollofs.cli;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apollofs.dataplane.client.ApolloClient;
import org.apollofs.dataplane.stripe.TargetProbe;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.client.NamespaceException;

/**
 * Whether the site works for its users, by proof: a command through the namespace's log under this host's session, a
 * read of the tree, and a chunk written to each target, made durable and read back. Nothing is proved while nobody asks.
 *
 * <p>Any thread asks. A proof runs on a thread of its own, one at a time, so that who asks is answered although the proof
 * stands still: that is what it is told then.
 */
final class SiteHealth implements AutoCloseable {
    /** An attribute that no program can set: its removal is a command that changes nothing. */
    private static final byte[] NO_ATTRIBUTE = "user.apollo.proof".getBytes(StandardCharsets.UTF_8);
    /** Who asks again within this time gets the last proof. */
    private static final long FRESH_MS = 1_000;
    /** How long the answer to a question is waited for. */
    static final Duration PATIENCE = Duration.ofSeconds(3);
    /** After so long, of this process's time, a proof says which targets have not answered. */
    private static final Duration PROBE_TIME = Duration.ofSeconds(20);

    private static final long JOIN_MS = 5_000;

    /** What users find. */
    enum State {
        /** Everything works. */
        HEALTHY,
        /** Targets are left out or do not work: what parity covers is read; writes may be refused. */
        DEGRADED,
        /** Reads work, and writes find no space. */
        FULL,
        /** There is no answer: requests wait. */
        STALLED,
        /** Requests fail. */
        FAILING;

        String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /**
     * What was found out.
     *
     * @param why one line, empty if healthy.
     * @param inodes of the namespace, or -1 if it did not say.
     * @param sessionWorks whether the namespace takes commands of this host.
     * @param foundAtMs when, since the epoch; 0 if never.
     * @param provedAtMs when all went through the last time, since the epoch; 0 if never.
     * @param stalledSinceMs since when a proof has had no answer; 0 if none has.
     */
    record Finding(
            State state,
            String why,
            long inodes,
            boolean sessionWorks,
            long foundAtMs,
            long provedAtMs,
            long stalledSinceMs) {
        /** Whether a write of any size would work. */
        boolean isHealthy() {
            return state == State.HEALTHY;
        }

        /** Whether reads and writes are answered, though perhaps with a refusal. */
        boolean isServing() {
            return state == State.HEALTHY || state == State.DEGRADED || state == State.FULL;
        }
    }

    /** The latest request that a program saw fail for the storage's sake. */
    record Fault(String text, long atMs) {}

    private final Namespace namespace;
    private final ApolloClient client;
    private final BooleanSupplier isNamespaceFull;
    private final LongSupplier epochMs;
    private Finding latest = new Finding(State.STALLED, "nothing is proved yet", -1, false, 0, 0, 0);
    private Thread prover;
    private long begunMs;
    private volatile Fault lastFault;

    /**
     * @param isNamespaceFull whether the namespace refuses what grows.
     * @param epochMs the time that an operator reads.
     */
    SiteHealth(Namespace namespace, ApolloClient client, BooleanSupplier isNamespaceFull, LongSupplier epochMs) {
        this.namespace = namespace;
        this.client = client;
        this.isNamespaceFull = isNamespaceFull;
        this.epochMs = epochMs;
    }

    /** A request failed. Any thread. @param text what and why. */
    void onFault(String text) {
        lastFault = new Fault(text, epochMs.getAsLong());
    }

    /** The latest fault, or null. */
    Fault lastFault() {
        return lastFault;
    }

    /** Proves, or says what was proved just before. @param patience longest wait; what is not proved then is stalled. */
    synchronized Finding check(Duration patience) throws InterruptedException {
        if (prover == null && epochMs.getAsLong() - latest.foundAtMs() > FRESH_MS) {
            begunMs = epochMs.getAsLong();
            prover = new Thread(this::prove, "apollo-health");
            prover.setDaemon(true);
            prover.start();
        }
        long endNs = System.nanoTime() + patience.toNanos();
        while (prover != null) {
            long leftMs = (endNs - System.nanoTime()) / 1_000_000;
            if (leftMs <= 0) {
                return new Finding(
                        State.STALLED,
                        "a write and a read have had no answer yet"
                                + (latest.why().isEmpty() ? "" : ": " + latest.why()),
                        latest.inodes(),
                        latest.sessionWorks(),
                        latest.foundAtMs(),
                        latest.provedAtMs(),
                        begunMs);
            }
            wait(leftMs);
        }
        return latest;
    }

    /**
     * Waits until reads and writes are answered, for as long as that takes.
     *
     * @param isCancelled whether to give up.
     * @param say told what it waits for, each time that changes.
     * @return the finding, or null if it was given up.
     */
    Finding awaitServing(BooleanSupplier isCancelled, Consumer<String> say) throws InterruptedException {
        String said = "";
        while (!isCancelled.getAsBoolean()) {
            Finding finding = check(PATIENCE);
            if (finding.isServing() && client.targets().hasAllStatus()) {
                return finding;
            }
            if (!finding.why().equals(said)) {
                said = finding.why();
                say.accept("waits: " + said);
            }
        }
        return null;
    }

    private void prove() {
        Finding found;
        try {
            found = findOut();
        } catch (RuntimeException bug) {
            found = finding(State.FAILING, "the proof failed: " + Failures.describe(bug), -1, false);
        }
        synchronized (this) {
            latest = found;
            prover = null;
            notifyAll();
        }
    }

    private Finding findOut() {
        long inodes;
        try {
            inodes = namespace.inodeCount();
            if (namespace.getAttributes(Inode.ROOT) == null || namespace.removeXattr(Inode.ROOT, NO_ATTRIBUTE)) {
                return finding(State.FAILING, "namespace: its root is not what it must be", inodes, false);
            }
        } catch (NamespaceException e) {
            boolean mayComeYet = switch (e.error()) {
                case TIMEOUT, UNAVAILABLE -> true;
                default -> false;
            };
            String why = "namespace: " + e.error() + ": " + e.getMessage();
            return finding(mayComeYet ? State.STALLED : State.FAILING, why, -1, false);
        }
        return ofTargets(client.probe(PROBE_TIME.toNanos()), inodes);
    }

    private Finding ofTargets(List<TargetProbe.Outcome> outcomes, long inodes) {
        List<TargetProbe.Outcome> failed =
                outcomes.stream().filter(outcome -> outcome.failure() != null).toList();
        int all = client.targets().ids().length;
        int gone = all - outcomes.size();
        int parity = client.parityChunks();
        String why = gone == 0 ? "" : gone + " of " + all + " targets are left out";
        for (TargetProbe.Outcome outcome : failed) {
            why += (why.isEmpty() ? "" : "; ") + "target " + outcome.targetId() + ": " + outcome.failure();
        }
        boolean onlyFull = failed.stream().allMatch(TargetProbe.Outcome::isFull);
        if (!failed.isEmpty() && onlyFull) {
            return finding(State.FULL, why, inodes, true);
        }
        long silent = failed.stream().filter(TargetProbe.Outcome::isSilent).count();
        if (silent > 0 && gone + failed.size() > parity) {
            return finding(State.STALLED, why, inodes, true);
        }
        if (gone + failed.size() > 0) {
            return finding(State.DEGRADED, why, inodes, true);
        }
        return isNamespaceFull.getAsBoolean()
                ? finding(State.FULL, "the namespace's disk is nearly full", inodes, true)
                : finding(State.HEALTHY, "", inodes, true);
    }

    private Finding finding(State state, String why, long inodes, boolean sessionWorks) {
        long nowMs = epochMs.getAsLong();
        long provedAtMs = state == State.HEALTHY ? nowMs : lastProvedMs();
        return new Finding(state, why, inodes, sessionWorks, nowMs, provedAtMs, 0);
    }

    private synchronized long lastProvedMs() {
        return latest.provedAtMs();
    }

    /** Waits for a proof that runs, for a while: what it uses is closed next, which ends it. */
    @Override
    public void close() {
        Thread running;
        synchronized (this) {
            running = prover;
        }
        if (running != null) {
            try {
                running.join(JOIN_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
