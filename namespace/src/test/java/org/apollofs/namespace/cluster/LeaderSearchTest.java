package org.apollofs.namespace.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.aeron.exceptions.AeronException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** By a clock of the test's. */
@Timeout(60)
class LeaderSearchTest {
    private static final long STEP_NS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long HOUR_NS = TimeUnit.HOURS.toNanos(1);

    private final List<Fake> made = new ArrayList<>();
    private final LeaderSearch<String> search = new LeaderSearch<>(() -> {
        Fake fake = new Fake(made.size());
        made.add(fake);
        return fake;
    });
    private long now = Long.MAX_VALUE - HOUR_NS;
    private final long start = now;

    /** When the cluster has a leader, and how long an answer takes then; who asks before is forgotten. */
    private long leaderAtNs;

    private long answerNs;
    private String failure;

    private final class Fake implements LeaderSearch.Attempt<String> {
        private final int number;
        private final long madeNs = now;
        private boolean isClosed;

        Fake(int number) {
            this.number = number;
        }

        @Override
        public String poll() {
            assertTrue(!isClosed, "polled though it is closed: " + number);
            if (failure != null) {
                throw new AeronException(failure);
            }
            boolean isAsked = madeNs - start >= leaderAtNs;
            return isAsked && now - madeNs >= answerNs ? "connection " + number : null;
        }

        @Override
        public String describe() {
            return "nobody answered " + number;
        }

        @Override
        public void close() {
            isClosed = true;
        }
    }

    private long open() {
        return made.stream().filter(fake -> !fake.isClosed).count();
    }

    /** @return how long it took, ns. */
    private long find() {
        while (true) {
            String found = search.poll(now);
            assertTrue(open() <= 2, "more than two at a time");
            if (found != null) {
                return now - start;
            }
            now += STEP_NS;
            assertTrue(now - start < HOUR_NS, "nothing is found");
        }
    }

    @Test
    void shouldMakeOneAttemptWhereThereIsALeader() {
        answerNs = TimeUnit.MILLISECONDS.toNanos(20);
        assertEquals(answerNs, find());
        assertEquals(1, made.size());
        assertEquals(0, open());
    }

    @Test
    void shouldFindALeaderSoonHoweverLongItTookToBeElected() {
        for (long seconds : new long[] {1, 10, 60, 600}) {
            LeaderSearchTest test = new LeaderSearchTest();
            test.leaderAtNs = TimeUnit.SECONDS.toNanos(seconds);
            long foundNs = test.find();
            assertTrue(foundNs - test.leaderAtNs <= LeaderSearch.QUICK_NS + STEP_NS, "after " + foundNs);
            assertEquals(0, test.open());
        }
    }

    @Test
    void shouldWaitForAnAnswerThatTakesLong() {
        for (long seconds : new long[] {3, 10, 30, 60}) {
            LeaderSearchTest test = new LeaderSearchTest();
            test.answerNs = TimeUnit.SECONDS.toNanos(seconds);
            long foundNs = test.find();
            assertTrue(foundNs <= 4 * test.answerNs, "after " + foundNs);
            assertEquals(0, test.open());
        }
    }

    @Test
    void shouldPauseAfterAFailureAndSayWhy() {
        failure = "refused";
        for (int i = 0; i < 1_000; i++) {
            assertNull(search.poll(now));
            now += STEP_NS;
        }
        assertTrue(search.why().contains("refused"), search.why());
        assertTrue(made.size() <= 11, "attempts: " + made.size());
        failure = null;
        find();
    }
}
