package org.apollofs.namespace.check;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Histories from seeds: of a store that is right, all are accepted; with one wrong answer in the midst, none is. */
@Timeout(100)
class RandomHistoriesTest {
    private static final int SEEDS = Integer.getInteger("apollo.seeds", 100);
    private static final int STEPS = 200;
    private static final int CLIENTS = 6;

    private final LinearizabilityChecker checker = new LinearizabilityChecker();

    private static SimulatedStore store(long seed, int keys) {
        SimulatedStore store = new SimulatedStore(seed, keys);
        store.run(STEPS, CLIENTS, 0.06);
        return store;
    }

    private LinearizabilityChecker.Verdict check(SimulatedStore store, long seed) {
        // The order of writing down says nothing.
        List<Operation> shuffled = new ArrayList<>(store.history());
        Collections.shuffle(shuffled, new Random(seed));
        return checker.check(shuffled);
    }

    @Test
    void shouldAcceptWhatARightStoreDoes() {
        for (long seed = 0; seed < SEEDS; seed++) {
            LinearizabilityChecker.Verdict verdict = check(store(seed, 1 + (int) (seed % 4)), seed);
            assertTrue(verdict.isLinearizable(), "seed=" + seed + ": " + verdict.reason());
        }
    }

    private void assertRefused(Consumer<SimulatedStore> fault) {
        for (long seed = 0; seed < SEEDS; seed++) {
            SimulatedStore store = store(seed, 1 + (int) (seed % 4));
            fault.accept(store);
            store.run(STEPS, CLIENTS, 0.06);
            assertFalse(check(store, seed).isLinearizable(), "seed=" + seed);
        }
    }

    private static Action.Put put(String key, String value) {
        return new Action.Put(key, value, Action.ANY_VERSION);
    }

    @Test
    void shouldRefuseStaleReads() {
        assertRefused(store -> {
            String key = store.key();
            store.now(put(key, store.newValue()));
            Answer old = store.now(new Action.Get(key));
            store.now(put(key, store.newValue()));
            store.say(new Action.Get(key), old);
        });
    }

    @Test
    void shouldRefuseLostWrites() {
        assertRefused(store -> {
            String key = store.key();
            store.now(put(key, store.newValue()));
            store.now(new Action.Get(key));
            store.say(put(key, store.newValue()), Answer.done(store.nextSequence()));
            store.now(new Action.Get(key));
        });
    }

    @Test
    void shouldRefuseIgnoredConditions() {
        assertRefused(store -> {
            String key = store.key();
            long version = store.now(put(key, store.newValue())).version();
            store.now(put(key, store.newValue()));
            Action.Put update = put(key, store.newValue());
            Answer answer = store.apply(update);
            store.say(new Action.Put(key, update.value(), version), answer);
        });
    }

    @Test
    void shouldRefuseTornTransactions() {
        assertRefused(store -> {
            Action.Put first = put("k0", store.newValue());
            Action.Put second = put("other", store.newValue());
            Answer half = store.apply(first);
            Answer never = Answer.done(store.nextSequence());
            store.say(
                    new Action.Transaction(List.of(), Arrays.asList(first, second), List.of()),
                    Answer.transaction(true, never.version(), List.of(half, never)));
            store.now(new Action.Get("k0"));
            store.now(new Action.Get("other"));
        });
    }

    @Test
    void shouldRefuseWhatIsAppliedTwice() {
        assertRefused(store -> {
            String key = store.key();
            Action.Put update = put(key, store.newValue());
            store.sayNothing(update);
            store.now(new Action.Get(key));
            store.now(put(key, store.newValue()));
            store.apply(update);
            store.now(new Action.Get(key));
        });
    }

    @Test
    void shouldRefuseWhatIsSeenAndThenNot() {
        assertRefused(store -> {
            String key = store.key();
            store.now(put(key, store.newValue()));
            Answer old = store.now(new Action.Get(key));
            store.sayNothing(put(key, store.newValue()));
            store.now(new Action.Get(key));
            store.say(new Action.Get(key), old);
        });
    }
}
