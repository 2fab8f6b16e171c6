package org.apollofs.namespace.check;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A store that is right, and clients of it that overlap: makes histories from a seed. Each operation is carried out at one
 * moment between its sending and its answer; some answers are lost, and of those some operations too.
 */
final class SimulatedStore {
    private final Random random;
    private final int keys;
    private final Map<String, Answer> store = new HashMap<>();
    private final List<Operation> history = new ArrayList<>();
    private final List<Pending> pending = new ArrayList<>();
    private long time;
    private long sequence;
    private int nextValue;

    /** An operation under way. */
    private static final class Pending {
        private final long invoke;
        private final Action action;
        private final boolean isLost;
        private Answer answer;

        Pending(long invoke, Action action, boolean isLost) {
            this.invoke = invoke;
            this.action = action;
            this.isLost = isLost;
        }
    }

    SimulatedStore(long seed, int keys) {
        random = new Random(seed);
        this.keys = keys;
    }

    List<Operation> history() {
        return history;
    }

    String key() {
        return "k" + random.nextInt(keys);
    }

    String newValue() {
        return "v" + nextValue++;
    }

    long version(String key) {
        Answer at = store.get(key);
        return at == null ? 0 : at.version();
    }

    /** Lets clients do something at random, then ends what is under way. */
    void run(int steps, int clients, double lostShare) {
        for (int i = 0; i < steps; i++) {
            time++;
            if (pending.size() < clients && random.nextBoolean()) {
                pending.add(new Pending(time, randomAction(), random.nextDouble() < lostShare));
            } else if (!pending.isEmpty()) {
                advance(pending.get(random.nextInt(pending.size())));
            }
        }
        while (!pending.isEmpty()) {
            time++;
            advance(pending.getFirst());
        }
    }

    private void advance(Pending operation) {
        if (operation.isLost) {
            pending.remove(operation);
            if (random.nextBoolean()) {
                apply(operation.action);
            }
            history.add(new Operation(0, operation.invoke, Operation.NEVER, operation.action, null));
        } else if (operation.answer == null) {
            operation.answer = apply(operation.action);
        } else {
            pending.remove(operation);
            history.add(new Operation(0, operation.invoke, time, operation.action, operation.answer));
        }
    }

    private Action randomAction() {
        return switch (random.nextInt(8)) {
            case 0, 1, 2 -> new Action.Get(key());
            case 3 -> new Action.Put(key(), newValue(), Action.ANY_VERSION);
            case 4 -> {
                String key = key();
                yield new Action.Put(key, newValue(), version(key));
            }
            case 5 -> {
                String key = key();
                Answer at = store.get(key);
                yield new Action.CompareAndSet(key, at == null ? "none" : at.value(), newValue());
            }
            case 6 -> new Action.Delete(key(), Action.ANY_VERSION);
            default -> {
                String first = key();
                yield new Action.Transaction(
                        List.of(new Action.VersionIs(first, version(first))),
                        List.of(
                                new Action.Put(first, newValue(), Action.ANY_VERSION),
                                new Action.Put(key(), newValue(), Action.ANY_VERSION)),
                        List.of(new Action.Get(first)));
            }
        };
    }

    /** One after the other: sent, carried out, answered. */
    Answer now(Action action) {
        Answer answer = apply(action);
        say(action, answer);
        return answer;
    }

    /** Writes an answer down, whether it is true or not. */
    void say(Action action, Answer answer) {
        long invoke = ++time;
        history.add(new Operation(0, invoke, ++time, action, answer));
    }

    /** Writes down that an operation was sent, and carries it out. */
    void sayNothing(Action action) {
        history.add(new Operation(0, ++time, Operation.NEVER, action, null));
        apply(action);
    }

    Answer apply(Action action) {
        return switch (action) {
            case Action.Get get -> store.getOrDefault(get.key(), Answer.absent());
            case Action.Put put ->
                put.expectedVersion() == Action.ANY_VERSION || put.expectedVersion() == version(put.key())
                        ? set(put.key(), put.value())
                        : Answer.refused();
            case Action.CompareAndSet cas -> {
                Answer at = store.get(cas.key());
                yield at != null && at.value().equals(cas.expected()) ? set(cas.key(), cas.update()) : Answer.refused();
            }
            case Action.Delete delete -> store.remove(delete.key()) == null ? Answer.absent() : Answer.done(0);
            case Action.Transaction transaction -> {
                long before = sequence;
                boolean holds = transaction.conditions().stream()
                        .allMatch(condition -> version(condition.key()) == condition.version());
                List<Answer> parts = (holds ? transaction.then() : transaction.otherwise())
                        .stream().map(this::apply).toList();
                yield Answer.transaction(holds, sequence == before ? 0 : sequence, parts);
            }
        };
    }

    long nextSequence() {
        return ++sequence;
    }

    private Answer set(String key, String value) {
        sequence += 1 + random.nextInt(2);
        store.put(key, Answer.found(value, sequence));
        return Answer.done(sequence);
    }
}
