package org.apollofs.namespace.check;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What a client asked for. Values are text: easier to read in a failure. */
public sealed interface Action {
    /** Any version will do. */
    long ANY_VERSION = -1;

    /** The keys that it is about. */
    Set<String> keys();

    /** Whether it can change anything. */
    boolean isMutation();

    /** Reads a key. */
    record Get(String key) implements Action {
        @Override
        public Set<String> keys() {
            return Set.of(key);
        }

        @Override
        public boolean isMutation() {
            return false;
        }
    }

    /** Sets a key. @param expectedVersion that it must have, 0 for absent, or {@link #ANY_VERSION}. */
    record Put(String key, String value, long expectedVersion) implements Action {
        @Override
        public Set<String> keys() {
            return Set.of(key);
        }

        @Override
        public boolean isMutation() {
            return true;
        }
    }

    /** Sets a key that has the expected value. */
    record CompareAndSet(String key, String expected, String update) implements Action {
        @Override
        public Set<String> keys() {
            return Set.of(key);
        }

        @Override
        public boolean isMutation() {
            return true;
        }
    }

    /** Deletes a key. */
    record Delete(String key, long expectedVersion) implements Action {
        @Override
        public Set<String> keys() {
            return Set.of(key);
        }

        @Override
        public boolean isMutation() {
            return true;
        }
    }

    /** A condition of a transaction: the key has this version (0: it is absent). */
    record VersionIs(String key, long version) {}

    /** If all conditions hold, the first list of actions, else the second; all or nothing. */
    record Transaction(List<VersionIs> conditions, List<Action> then, List<Action> otherwise) implements Action {
        public Transaction {
            conditions = List.copyOf(conditions);
            then = List.copyOf(then);
            otherwise = List.copyOf(otherwise);
        }

        @Override
        public Set<String> keys() {
            Set<String> all = new TreeSet<>();
            conditions.forEach(condition -> all.add(condition.key()));
            then.forEach(action -> all.addAll(action.keys()));
            otherwise.forEach(action -> all.addAll(action.keys()));
            return all;
        }

        @Override
        public boolean isMutation() {
            return then.stream().anyMatch(Action::isMutation)
                    || otherwise.stream().anyMatch(Action::isMutation);
        }
    }
}
