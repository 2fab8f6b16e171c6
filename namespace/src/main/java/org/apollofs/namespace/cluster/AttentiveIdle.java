package org.apollofs.namespace.cluster;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.YieldingIdleStrategy;

/**
 * How the threads of a member wait for work: closely for a while after there was some, then dozing, so that an idle site
 * takes next to no processor time. Whoever has a command in the same process wakes them all at once; and one that commands pass
 * and that finds work when it had dozed, as the driver's does when a message comes from elsewhere, wakes the others, for a
 * shorter while.
 *
 * <p>A command passes five threads one after the other (client, consensus module, archive, consensus module, service,
 * client). If each dozed for a millisecond the command would take five.
 *
 * <p>A client's thread and the one that answers questions are close only while they expect something: each thread that waits
 * closely takes some percent of a processor. Else they say how long they may rest at a time. The latter is not on a command's
 * way, and not woken for one. Nor, where processors are few, is the media driver's of a lone member, as long as nothing comes from
 * elsewhere: within a host commands go from buffer to buffer, and all that the driver does for them is to move limits that are
 * far away.
 *
 * <p>Each {@code new...Strategy} makes one strategy for one thread; {@link #wake} may be called by any.
 */
public final class AttentiveIdle {
    /**
     * Processors from which on a waiting thread may keep one for a while: there are some eight threads to a member and its
     * clients. A yield finds work a hundred times sooner than the shortest wait, of which a command has several on its way
     * (measured with 16: three members put 140,000 a second, 64 at a time, instead of 37,000; one member 306,000 instead of
     * 145,000).
     */
    private static final int MANY_PROCESSORS = 8;

    private static final boolean HAS_MANY_PROCESSORS = Runtime.getRuntime().availableProcessors() >= MANY_PROCESSORS;
    /** Idle cycles that only yield: some hundred microseconds with many processors; else few, as others need the processor. */
    private static final int YIELDS = HAS_MANY_PROCESSORS ? 1_000 : 20;
    /** The same of a thread that not every command passes: what it waits for takes longer. */
    private static final int ASIDE_YIELDS = HAS_MANY_PROCESSORS ? YIELDS : 3;
    /** Time of a close wait of a lone member, or with many processors, ns. Linux adds about 50 us to it. */
    private static final long CLOSE_PARK_NS = 10_000;
    /**
     * Time of a close wait of one of several members, ns: a command crosses the network four times, and there are more threads
     * than a small machine has processors. Closer waits cost more than they gain (measured: three members on two cores put
     * 59,000 a second with 10 us and 85,000 with 100 us).
     */
    private static final long CLUSTER_PARK_NS = HAS_MANY_PROCESSORS ? CLOSE_PARK_NS : 100_000;
    /** Close waits after work of any kind: about 0.6 ms. Some threads have work of their own now and then. */
    private static final int CLOSE_PARKS = 10;
    /** Close waits after a command was sent by this process: about 60 ms. */
    private static final int ATTENTION = 1_000;
    /**
     * Close waits after another thread found work when it had dozed. Few: most such work is housekeeping, some dozens of times
     * a second, and what is not wakes the threads again and again.
     */
    private static final int SHORT_ATTENTION = 8;
    /** Longer waits before a doze, while a log may be being synced: 1.5 ms in all, then 4 ms. */
    private static final int DROWSY_PARKS = 6;

    private static final long DROWSY_PARK_NS = 250_000;
    private static final int DROWSIER_PARKS = 4;
    private static final long DROWSIER_PARK_NS = 1_000_000;
    /** Time of a doze, ns. */
    static final long DOZE_NS = 5_000_000;
    /** Dozes without traffic after which a lone member's thread sleeps: about a second. */
    private static final int DOZES = 200;
    /** Dozes before the next sleep of one that found work when it had slept. */
    private static final int DOZES_AFTER_WORK = 4;
    /** Dozes in a row after which there was work that wake one who sleeps for good. */
    private static final int TRAFFIC_STREAK = 3;
    /**
     * Time of a sleep, ns. Commands of the process wake who sleeps; one that comes from another process after a second of rest
     * waits for that long at most. Only of a lone member: where there are several, each hop would.
     */
    private static final long SLEEP_NS = 25_000_000;
    /** Time of a sleep while no other process has commands, ns: then only housekeeping could be late. */
    private static final long UNDISTURBED_SLEEP_NS = 250_000_000;
    /** For how long after something came through it others are expected. */
    private static final long TRAFFIC_NS = 60_000_000;

    private final List<Strategy> strategies = new CopyOnWriteArrayList<>();
    private final long closeParkNs;
    private final boolean isLone;
    private volatile boolean isUndisturbed;

    /** For a lone member, and clients in its process. */
    public AttentiveIdle() {
        this(1);
    }

    /** @param members of the cluster that the threads belong to, or talk to. */
    public AttentiveIdle(int members) {
        isLone = members == 1;
        closeParkNs = isLone ? CLOSE_PARK_NS : CLUSTER_PARK_NS;
    }

    /** A strategy for a thread that commands pass. */
    public IdleStrategy newStrategy() {
        return add(new Strategy(() -> 0, true, true));
    }

    /**
     * A strategy for a thread that not every command passes: a client's, or the one that answers questions.
     *
     * @param rest ns to rest at a time, asked by that thread whenever there was no work; 0 to wait closely.
     */
    IdleStrategy newStrategy(LongSupplier rest) {
        return add(new Strategy(rest, false, false));
    }

    /**
     * A strategy for the thread of a member's media driver. With many processors it waits as closely as the others: 64 puts under
     * way are a tenth faster so.
     *
     * @param clock for how long nothing has come.
     * @param received bytes that have come from the network, ever; asked by that thread.
     */
    IdleStrategy newDriverStrategy(NanoClock clock, LongSupplier received) {
        return isLone && !HAS_MANY_PROCESSORS
                ? add(new Strategy(new Traffic(clock, received), false, true))
                : newStrategy();
    }

    private Strategy add(Strategy strategy) {
        strategies.add(strategy);
        return strategy;
    }

    /** The thread of a strategy has ended. */
    public void release(IdleStrategy strategy) {
        strategies.removeIf(known -> known == strategy);
    }

    /**
     * Says that a client has a command: wakes those that it passes, and keeps them close for a while.
     *
     * @param own of the client's thread, which none but its own commands pass; null if it has none here.
     */
    public void wake(IdleStrategy own) {
        for (Strategy strategy : strategies) {
            if (strategy.isPassed || strategy == own) {
                strategy.wake(ATTENTION);
            }
        }
    }

    /**
     * Says whether all commands of a lone member come from its own process, and so wake its threads: then they sleep longer, and
     * none for what little work they find. Until it is said they may come from elsewhere. Any thread; what it ends wakes all.
     */
    public void undisturbed(boolean value) {
        isUndisturbed = value;
        if (!value) {
            for (Strategy strategy : strategies) {
                strategy.wake(ATTENTION);
            }
        }
    }

    /** Wakes one thread, if it rests. Any thread; cheap if it does not. */
    public void wakeOne(IdleStrategy one) {
        if (one instanceof Strategy strategy && strategy.dozing != null) {
            strategy.wake(SHORT_ATTENTION);
        }
    }

    private void wakeOthers(Strategy who) {
        for (Strategy strategy : strategies) {
            if (strategy != who) {
                strategy.wake(SHORT_ATTENTION);
            }
        }
    }

    /**
     * How long a driver may rest: not at all for a while after something came; else for a doze, in which a log of 250 MB a second
     * fills a tenth of its buffer.
     */
    private static final class Traffic implements LongSupplier {
        private final NanoClock clock;
        private final LongSupplier received;
        private long seen;
        private long seenNs;

        Traffic(NanoClock clock, LongSupplier received) {
            this.clock = clock;
            this.received = received;
            seenNs = clock.nanoTime() - TRAFFIC_NS;
        }

        @Override
        public long getAsLong() {
            long now = clock.nanoTime();
            long bytes = received.getAsLong();
            if (bytes != seen) {
                seen = bytes;
                seenNs = now;
            }
            return now - seenNs < TRAFFIC_NS ? 0 : DOZE_NS;
        }
    }

    private final class Strategy implements IdleStrategy {
        private final LongSupplier rest;
        private final boolean isPassed;
        private final boolean wakesOthers;
        private final int yields;
        private int idleCycles;
        private int attention;
        /** Longer waits since there was work. */
        private int longWaits;

        /** Dozes since there was traffic, or a client woke the thread. */
        private int dozes;
        /**
         * Whether the thread sleeps: then a little work is housekeeping, some of which there always is, and does not keep it
         * awake.
         */
        private boolean isSleepy;
        /** Dozes in a row after which there was work, of a thread that sleeps. */
        private int streak;

        private boolean hasWorked;
        /** Cycles with work since the last doze: several are traffic. */
        private int works;

        private boolean hasDozed;
        /** Attention that was asked for; 0 if none was. */
        private volatile int woken;

        private volatile Thread dozing;

        /**
         * A strategy.
         *
         * @param isPassed whether all commands pass the thread, so that it is woken for them.
         * @param wakesOthers whether it wakes the others when it finds work after a doze, unless it may rest all the same.
         */
        Strategy(LongSupplier rest, boolean isPassed, boolean wakesOthers) {
            this.rest = rest;
            this.isPassed = isPassed;
            this.wakesOthers = wakesOthers;
            yields = isPassed ? YIELDS : ASIDE_YIELDS;
        }

        @Override
        public void idle(int workCount) {
            if (workCount > 0) {
                if (isSleepy) {
                    workAsleep();
                    return;
                }
                if (++works >= TRAFFIC_STREAK) {
                    dozes = 0;
                }
                reset();
                if (hasDozed) {
                    hasDozed = false;
                    if (wakesOthers && rest.getAsLong() == 0) {
                        wakeOthers(this);
                    }
                }
            } else {
                idle();
            }
        }

        @Override
        public void idle() {
            int asked = woken;
            if (asked > 0) {
                woken = 0;
                attention = Math.max(attention, asked);
                longWaits = 0;
                if (asked >= ATTENTION) {
                    wakeUp();
                }
            }
            long restNs = rest.getAsLong();
            if (restNs > 0) {
                attention = 0;
            }
            if (idleCycles < yields && (restNs == 0 || HAS_MANY_PROCESSORS)) {
                idleCycles++;
                YieldingIdleStrategy.INSTANCE.idle();
            } else if (attention > 0) {
                attention--;
                LockSupport.parkNanos(closeParkNs);
            } else if (restNs > 0) {
                doze(restNs);
            } else if (idleCycles < yields + CLOSE_PARKS) {
                idleCycles++;
                LockSupport.parkNanos(closeParkNs);
            } else {
                waitLonger();
            }
        }

        /** Work again and again is traffic. A little is not, but may be followed by more: shorter dozes for a while. */
        private void workAsleep() {
            hasWorked = true;
            if (!hasDozed) {
                return;
            }
            hasDozed = false;
            if (isUndisturbed) {
                return;
            }
            if (++streak >= TRAFFIC_STREAK) {
                wakeUp();
                reset();
                if (wakesOthers) {
                    wakeOthers(this);
                }
            } else {
                idleCycles = yields + CLOSE_PARKS;
                longWaits = DROWSY_PARKS + DROWSIER_PARKS;
                dozes = DOZES - DOZES_AFTER_WORK;
            }
        }

        private void wakeUp() {
            isSleepy = false;
            streak = 0;
            dozes = 0;
        }

        private void waitLonger() {
            longWaits++;
            if (longWaits <= DROWSY_PARKS) {
                doze(DROWSY_PARK_NS);
            } else if (longWaits <= DROWSY_PARKS + DROWSIER_PARKS) {
                doze(DROWSIER_PARK_NS);
            } else {
                doze(DOZE_NS);
            }
        }

        private void doze(long ns) {
            hasDozed = true;
            streak = hasWorked ? streak : 0;
            hasWorked = false;
            works = 0;
            dozes++;
            boolean sleeps = ns >= DOZE_NS && isLone && dozes > DOZES;
            isSleepy |= sleeps;
            long time = sleeps ? (isUndisturbed ? UNDISTURBED_SLEEP_NS : SLEEP_NS) : ns;
            dozing = Thread.currentThread();
            // A wake that came before the thread was to be seen is not missed.
            if (woken == 0) {
                LockSupport.parkNanos(time);
            }
            dozing = null;
        }

        @Override
        public void reset() {
            idleCycles = 0;
            longWaits = 0;
        }

        void wake(int forCycles) {
            if (woken < forCycles) {
                woken = forCycles;
            }
            Thread thread = dozing;
            if (thread != null) {
                LockSupport.unpark(thread);
            }
        }
    }
}
