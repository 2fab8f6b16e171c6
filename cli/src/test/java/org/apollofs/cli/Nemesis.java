package org.apollofs.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apollofs.perf.durability.Note;
import org.apollofs.perf.durability.Step;
import org.apollofs.perf.durability.WorkJournal;

/**
 * Hurts processes of a site one after the other while a {@link LoadProcess} works in it, and counts what the load was told that
 * the situation does not justify. An error is justified if its step was under way while a fault lasted that explains it; a
 * process that ends by itself, does not start, or lets the load wait for ever never is.
 *
 * <p>Knows nothing of roles: a new one is another {@link Victim}. One thread.
 */
final class Nemesis {
    /** How long a load may be told nothing after a fault is over; the machine may be busy. */
    private static final long PATIENCE_MS = 180_000;

    private static final long POLL_MS = 50;
    private static final int STARTS = 3;

    private final Fault.Place place;
    private final LoadProcess load;
    private final WorkJournal.Reader journal;
    private final int workers;
    private final PrintStream out;
    private final Map<Long, Note.Begin> underWay = new HashMap<>();
    private final List<NemesisRound> rounds = new ArrayList<>();
    private FalseErrors errors = new FalseErrors();
    /** The last answer of each worker that was an acknowledgement. */
    private final Map<Integer, Long> lastDoneMs = new HashMap<>();

    private Strike strike;
    private Strike before;
    private Victim victim;
    private long acknowledged;
    private long justified;
    private long wrong;
    private long longestMs;
    private String longest = "";

    /** @param workers of the load. @param out gets a line a round, and what is wrong. */
    Nemesis(Fault.Place place, LoadProcess load, int workers, PrintStream out) {
        this.place = place;
        this.load = load;
        this.workers = workers;
        this.out = out;
        journal = new WorkJournal.Reader(load.journal());
    }

    /** A fault and when it was. */
    private static final class Strike {
        private final Fault fault;
        private final long beginMs = System.currentTimeMillis();
        private long endMs = Long.MAX_VALUE;

        Strike(Fault fault) {
            this.fault = fault;
        }

        /** Whether it explains how a step ended. */
        boolean justifies(Victim victim, Note.Begin begin, Note.End end) {
            boolean wasUnderWay = begin.timeMs() - endMs <= fault.lingersMs() && end.timeMs() >= beginMs;
            return wasUnderWay && fault.justifies(victim, begin.step(), end.outcome());
        }
    }

    /** How many things went wrong so far. */
    long wrong() {
        return wrong;
    }

    /** Waits until the load has got going. Errors until then are wrong: the site said that it is ready. */
    void begin(Victim first) throws IOException, InterruptedException {
        victim = first;
        awaitAll(System.currentTimeMillis());
        tell("start");
        out.println(NemesisRound.HEAD);
    }

    /** Does one fault to one process, and waits until the load has gone on. */
    void round(Fault what, Victim whom) throws IOException, InterruptedException {
        victim = whom;
        awaitMore(workers * 2L);
        long acknowledgedBefore = acknowledged;
        justified = 0;
        longestMs = 0;
        before = strike;
        strike = new Strike(what);
        FioVerify fio = startFio(what);
        try {
            what.strike(victim, place);
        } catch (IOException | RuntimeException e) {
            errors.add(System.currentTimeMillis(), what + " of " + victim.name() + ": " + Failures.describe(e));
        }
        reviveIfDead();
        strike.endMs = System.currentTimeMillis();
        awaitAll(strike.endMs);
        if (fio != null) {
            String problem = fio.problem((long) what.seconds());
            if (problem != null) {
                errors.add(System.currentTimeMillis(), problem);
            }
        }
        NemesisRound round = new NemesisRound(
                rounds.size() + 1,
                what,
                victim.name(),
                (strike.endMs - strike.beginMs) / 1000.0,
                acknowledged - acknowledgedBefore,
                longest,
                justified,
                errors.count());
        rounds.add(round);
        out.println(round);
        tell(what.toString());
    }

    private FioVerify startFio(Fault what) throws IOException {
        boolean canRun = what.isOnlySlow() && place.mount() != null && FioVerify.isSupported();
        return canRun
                ? FioVerify.start(
                        place.mount().resolve("fio"),
                        load.journal().resolveSibling("fio.log"),
                        (long) what.seconds() + 2)
                : null;
    }

    private void tell(String when) throws IOException {
        if (errors.count() > 0) {
            out.println("  " + errors.count() + " WRONG at " + when);
            errors.print(out, victim.log());
        }
        wrong += errors.count();
        errors = new FalseErrors();
    }

    /** Whoever survives is as it was; whoever ended though it should not have is told of, and started again. */
    private void reviveIfDead() throws IOException {
        for (int tries = 0; !victim.isAlive() || tries > 0; tries++) {
            if (tries == STARTS) {
                throw new IOException("does not start any more: " + victim.name());
            }
            if (!victim.isAlive()) {
                errors.add(System.currentTimeMillis(), victim.name() + " has ended: " + lastLines());
                victim.launch();
            }
            try {
                victim.awaitReady();
                return;
            } catch (CommandFailure e) {
                errors.add(System.currentTimeMillis(), victim.name() + " does not start: " + e.getMessage());
                victim.kill();
            }
        }
    }

    private List<String> lastLines() throws IOException {
        List<String> lines = victim.log();
        return lines.subList(Math.max(0, lines.size() - 4), lines.size());
    }

    /** Waits until each worker has been told of success after a time. */
    private void awaitAll(long sinceMs) throws IOException, InterruptedException {
        long giveUpMs = System.currentTimeMillis() + PATIENCE_MS;
        while (lastDoneMs.size() < workers || lastDoneMs.values().stream().anyMatch(ms -> ms <= sinceMs)) {
            if (!look(giveUpMs)) {
                errors.add(
                        System.currentTimeMillis(),
                        "the load does not go on: last successes, ms after the fault: "
                                + lastDoneMs.values().stream()
                                        .map(ms -> ms - sinceMs)
                                        .toList());
                return;
            }
        }
    }

    private void awaitMore(long steps) throws IOException, InterruptedException {
        long giveUpMs = System.currentTimeMillis() + PATIENCE_MS;
        long wanted = acknowledged + steps;
        while (acknowledged < wanted) {
            if (!look(giveUpMs)) {
                errors.add(System.currentTimeMillis(), "the load makes no progress");
                return;
            }
        }
    }

    private boolean look(long giveUpMs) throws IOException, InterruptedException {
        // It may take its time to end.
        reviveIfDead();
        if (!load.isAlive()) {
            throw new IOException("the load has ended: " + load.log());
        }
        journal.poll().forEach(this::onNote);
        TimeUnit.MILLISECONDS.sleep(POLL_MS);
        return System.currentTimeMillis() < giveUpMs;
    }

    private void onNote(Note note) {
        switch (note) {
            case Note.Begin begin -> underWay.put(begin.step().id(), begin);
            case Note.End end -> onEnd(underWay.remove(end.step()), end);
            case Note.NewMount gone -> {
                // The errors that led to it are judged.
            }
            case Note.Broken(long ms, int worker, String what) -> errors.add(ms, "BROKEN w" + worker + "/" + what);
        }
    }

    private void onEnd(Note.Begin begin, Note.End end) {
        Step step = begin.step();
        long tookMs = end.timeMs() - begin.timeMs();
        if (tookMs >= longestMs) {
            longestMs = tookMs;
            longest = step.kind() + " " + tookMs + " ms";
        }
        if (end.outcome().error().isEmpty()) {
            acknowledged++;
            lastDoneMs.merge(step.worker(), end.timeMs(), Math::max);
            return;
        }
        // The next fault may begin while the one before is still told of.
        boolean isJustified = (strike != null && strike.justifies(victim, begin, end))
                || (before != null && before.justifies(victim, begin, end));
        if (isJustified) {
            justified++;
        } else {
            errors.add(
                    end.timeMs(),
                    step.kind() + " " + end.outcome().error() + " (w" + step.worker() + "/" + step.name() + ", after "
                            + tookMs + " ms)");
        }
    }

    /** Ends the load, and takes its last notes. @return whether it ended. */
    boolean end(Victim last) throws IOException, InterruptedException {
        victim = last;
        boolean ended = load.stop(TimeUnit.MILLISECONDS.toSeconds(PATIENCE_MS));
        journal.poll().forEach(this::onNote);
        if (!ended) {
            errors.add(System.currentTimeMillis(), "the load does not end: under way: " + underWay.values());
        }
        tell("end");
        return ended;
    }
}
