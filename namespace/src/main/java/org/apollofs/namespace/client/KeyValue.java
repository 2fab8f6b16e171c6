package org.apollofs.namespace.client;

import java.util.Optional;

/**
 * The key-value face of the tree: a key is a path ("run1/latest"), a value the content of the file there, so a put is
 * seen by the mounts and a small file written through a mount is a value. Linearizable. Missing parent directories of a
 * put are made. Thread-safe; calls wait for the answer up to the client's deadline.
 *
 * @see NamespaceException for the errors every call can end in.
 */
public interface KeyValue {
    /** Any version will do. */
    long ANY_VERSION = -1;
    /** The key must not exist. */
    long ABSENT = 0;

    /**
     * Sets a value, durably.
     *
     * @param expectedVersion version the key must have, {@link #ABSENT}, or {@link #ANY_VERSION}.
     * @return the new version.
     * @throws NamespaceException VERSION_MISMATCH, VALUE_TOO_LARGE, IS_DIRECTORY, NOT_DIRECTORY.
     */
    long put(String key, byte[] value, long expectedVersion);

    /** The value, or empty if there is no such file. A file held in extents has {@code value} null: read it as a file. */
    Optional<Value> get(String key);

    /** Sets {@code update} if the value equals {@code expected}. @return the new version, or empty if it did not. */
    Optional<Value> compareAndSet(String key, byte[] expected, byte[] update);

    /** Deletes a file. @return whether there was one. @throws NamespaceException VERSION_MISMATCH. */
    boolean delete(String key, long expectedVersion);

    /**
     * A value and its version.
     *
     * @param value content, or null if it lies in extents.
     * @param version as {@link Inode#version()} of its last content change.
     */
    record Value(byte[] value, long version, Inode inode) {}
}
