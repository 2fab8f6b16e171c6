package org.apollofs.namespace.check;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Values and versions of some keys at one point of an order, and what an action makes of them. Immutable.
 *
 * <p>The version of a write without an answer is not known until somebody reads it: it is {@link #UNKNOWN} until then, and
 * any version above all that the key had before agrees with it.
 */
final class KeyStates {
    private static final long UNKNOWN = -2;

    private final Map<String, Integer> indexes;
    private final String[] values;
    private final long[] versions;
    /** The highest version that the key is known to have had: a key that was deleted never takes a lower one. */
    private final long[] highest;

    private final int hash;

    private KeyStates(Map<String, Integer> indexes, String[] values, long[] versions, long[] highest) {
        this.indexes = indexes;
        this.values = values;
        this.versions = versions;
        this.highest = highest;
        hash = 31 * (31 * Arrays.hashCode(values) + Arrays.hashCode(versions)) + Arrays.hashCode(highest);
    }

    /** No key exists. @param indexes a number for each, from 0 on. */
    static KeyStates empty(Map<String, Integer> indexes) {
        int count = indexes.size();
        return new KeyStates(indexes, new String[count], new long[count], new long[count]);
    }

    private KeyStates with(int index, String value, long version) {
        String[] newValues = values.clone();
        long[] newVersions = versions.clone();
        long[] newHighest = highest.clone();
        newValues[index] = value;
        newVersions[index] = version;
        newHighest[index] = Math.max(newHighest[index], version);
        return new KeyStates(indexes, newValues, newVersions, newHighest);
    }

    /**
     * The states after an action.
     *
     * @param answer that it was given, or null if none is known.
     * @return null if the action cannot have had that answer here; without an answer: if it changes nothing here.
     */
    KeyStates apply(Action action, Answer answer) {
        return switch (action) {
            case Action.Get get -> answer == null ? this : get(indexes.get(get.key()), answer);
            case Action.Put put -> put(put, answer);
            case Action.CompareAndSet cas -> compareAndSet(cas, answer);
            case Action.Delete delete -> delete(delete, answer);
            case Action.Transaction transaction -> transaction(transaction, answer);
        };
    }

    private KeyStates get(int key, Answer answer) {
        if (answer.status() == Answer.Status.ABSENT) {
            return values[key] == null ? this : null;
        }
        if (values[key] == null || !values[key].equals(answer.value())) {
            return null;
        }
        return withVersion(key, answer.version());
    }

    /** These states if the key has a version, or may have; null if not. */
    private KeyStates withVersion(int key, long version) {
        if (version == 0) {
            return values[key] == null ? this : null;
        }
        if (values[key] == null) {
            return null;
        }
        if (versions[key] == UNKNOWN) {
            return version > highest[key] ? with(key, values[key], version) : null;
        }
        return versions[key] == version ? this : null;
    }

    /** Whether a key may have another version. */
    private boolean mayDiffer(int key, long version) {
        return values[key] == null ? version != 0 : versions[key] != version;
    }

    private KeyStates put(Action.Put put, Answer answer) {
        int key = indexes.get(put.key());
        boolean anyVersion = put.expectedVersion() == Action.ANY_VERSION;
        if (answer != null && answer.status() == Answer.Status.REFUSED) {
            return !anyVersion && mayDiffer(key, put.expectedVersion()) ? this : null;
        }
        KeyStates before = anyVersion ? this : withVersion(key, put.expectedVersion());
        return before == null ? null : before.set(key, put.value(), answer);
    }

    private KeyStates compareAndSet(Action.CompareAndSet cas, Answer answer) {
        int key = indexes.get(cas.key());
        boolean isEqual = cas.expected().equals(values[key]);
        if (answer != null && answer.status() == Answer.Status.REFUSED) {
            return isEqual ? null : this;
        }
        return isEqual ? set(key, cas.update(), answer) : null;
    }

    private KeyStates set(int key, String value, Answer answer) {
        if (answer == null || answer.version() == UNKNOWN) {
            return with(key, value, UNKNOWN);
        }
        boolean rises = answer.status() == Answer.Status.DONE && answer.version() > highest[key];
        return rises ? with(key, value, answer.version()) : null;
    }

    private KeyStates delete(Action.Delete delete, Answer answer) {
        int key = indexes.get(delete.key());
        boolean anyVersion = delete.expectedVersion() == Action.ANY_VERSION;
        Answer.Status status = answer == null ? Answer.Status.DONE : answer.status();
        return switch (status) {
            case ABSENT -> values[key] == null ? this : null;
            case REFUSED -> !anyVersion && mayDiffer(key, delete.expectedVersion()) ? this : null;
            case DONE -> {
                KeyStates before = anyVersion ? this : withVersion(key, delete.expectedVersion());
                yield values[key] == null || before == null ? null : before.with(key, null, 0);
            }
        };
    }

    private KeyStates transaction(Action.Transaction transaction, Answer answer) {
        boolean isOpen = answer == null;
        KeyStates holding = this;
        for (Action.VersionIs condition : transaction.conditions()) {
            holding = holding == null ? null : holding.withVersion(indexes.get(condition.key()), condition.version());
        }
        if (isOpen) {
            return holding == null ? all(transaction.otherwise(), null) : holding.all(transaction.then(), null);
        }
        if (answer.status() == Answer.Status.DONE) {
            return holding == null ? null : holding.all(transaction.then(), answer.parts());
        }
        boolean mayFail = transaction.conditions().stream()
                .anyMatch(condition -> mayDiffer(indexes.get(condition.key()), condition.version()));
        return mayFail ? all(transaction.otherwise(), answer.parts()) : null;
    }

    private KeyStates all(List<Action> actions, List<Answer> answers) {
        KeyStates states = this;
        for (int i = 0; i < actions.size() && states != null; i++) {
            KeyStates next = states.apply(actions.get(i), answers == null ? null : answers.get(i));
            // Without an answer a delete of nothing is no failure.
            states = next == null && answers == null ? states : next;
        }
        return states;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof KeyStates states
                && hash == states.hash
                && Arrays.equals(values, states.values)
                && Arrays.equals(versions, states.versions)
                && Arrays.equals(highest, states.highest);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        indexes.forEach((key, i) -> text.append(key)
                .append('=')
                .append(values[i])
                .append('@')
                .append(versions[i] == UNKNOWN ? "?" : Long.toString(versions[i]))
                .append(' '));
        return text.toString().strip();
    }
}
