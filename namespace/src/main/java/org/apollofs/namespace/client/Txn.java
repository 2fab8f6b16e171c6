package org.apollofs.namespace.client;

import java.util.ArrayList;
import java.util.List;

/**
 * A transaction over keys and files: if all comparisons hold, the first list of operations is carried out, else the other.
 * All of it at one point of the log and all or nothing: an operation that is refused undoes those before it, and the
 * whole transaction ends in its error. The operations of a list see what those before them have done.
 *
 * <p>What it changes stands in the change log as neighbours with one transaction number. Encoded it takes at most 1 MiB
 * ({@link NamespaceLimits#COMMAND_LENGTH}), and so do the values that it reads.
 *
 * <pre>{@code
 * Txn.when(new Txn.VersionIs("run1/latest", 17))
 *     .then(new Txn.Put("run1/latest", bytes), new Txn.Rename("run1/step.tmp", "run1/step"))
 *     .orElse(new Txn.Get("run1/latest"))
 * }</pre>
 *
 * @param compares all must hold; none hold too.
 * @param then carried out if they do.
 * @param otherwise carried out if one does not.
 */
public record Txn(List<Compare> compares, List<Operation> then, List<Operation> otherwise) {
    public Txn {
        compares = List.copyOf(compares);
        then = List.copyOf(then);
        otherwise = List.copyOf(otherwise);
    }

    /** A transaction without operations yet, on these conditions (none: it always succeeds). */
    public static Txn when(Compare... compares) {
        return new Txn(List.of(compares), List.of(), List.of());
    }

    /** This one, with these operations added to those for success. */
    public Txn then(Operation... operations) {
        return new Txn(compares, joined(then, operations), otherwise);
    }

    /** This one, with these operations added to those for failure. */
    public Txn orElse(Operation... operations) {
        return new Txn(compares, then, joined(otherwise, operations));
    }

    private static List<Operation> joined(List<Operation> first, Operation... more) {
        List<Operation> all = new ArrayList<>(first);
        all.addAll(List.of(more));
        return all;
    }

    /** A condition on a key. None is ever refused: what is not there, or cannot be, is absent. */
    public sealed interface Compare {
        /** The key that it is about. */
        String key();
    }

    /**
     * The key has this version.
     *
     * @param version content version as {@link KeyValue.Value#version()}, or {@link KeyValue#ABSENT}.
     */
    public record VersionIs(String key, long version) implements Compare {}

    /** The key is a file whose record holds exactly these bytes. */
    public record ValueIs(String key, byte[] value) implements Compare {}

    /** There is something at the key: a file, a link or a directory. */
    public record Exists(String key) implements Compare {}

    /** There is nothing at the key. */
    public record Absent(String key) implements Compare {}

    /** One operation. */
    public sealed interface Operation {}

    /** Reads a value as {@link KeyValue#get} does, at its place in the transaction. */
    public record Get(String key) implements Operation {}

    /**
     * Sets a value as {@link KeyValue#put} does.
     *
     * @param lease to attach the key to, or 0.
     */
    public record Put(String key, byte[] value, long expectedVersion, long lease) implements Operation {
        public Put(String key, byte[] value) {
            this(key, value, KeyValue.ANY_VERSION, 0);
        }
    }

    /** Deletes a file as {@link KeyValue#delete} does; nothing if there is none. */
    public record Delete(String key, long expectedVersion) implements Operation {
        public Delete(String key) {
            this(key, KeyValue.ANY_VERSION);
        }
    }

    /** Commits content as {@link Namespace#commit} does. */
    public record Commit(ContentCommit commit) implements Operation {}

    /**
     * Renames a file or directory by path, as {@link Namespace#rename} does. The directory of the new path must exist.
     *
     * @param flags 0, {@link Namespace#RENAME_NOREPLACE} or {@link Namespace#RENAME_EXCHANGE}.
     */
    public record Rename(String from, String to, int flags) implements Operation {
        public Rename(String from, String to) {
            this(from, to, 0);
        }
    }

    /**
     * Removes what is at a path, a directory with all that is in it; nothing if there is none. At most
     * {@link NamespaceLimits#REMOVED_COUNT} names: beyond is {@link NamespaceError#TRANSACTION_TOO_LARGE}.
     */
    public record RemoveTree(String path) implements Operation {}
}
