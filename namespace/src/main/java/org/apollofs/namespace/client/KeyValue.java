package org.apollofs.namespace.client;

import com.google.errorprone.annotations.CheckReturnValue;
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
     * Keys with a prefix, in order of their bytes: files (with values, or in extents), not directories or links. A page at
     * one point of the log; between pages the tree may change.
     *
     * @param prefix what keys begin with: any part of a path, "" for all; without a leading slash.
     * @param after the last key that is not wanted any more ({@link KeyPage#next()}), or null from the first.
     * @param limit keys at most; a page is also bounded in bytes.
     * @param keysOnly leaves the values out.
     */
    @CheckReturnValue
    KeyPage scan(String prefix, String after, int limit, boolean keysOnly);

    /**
     * Carries out a transaction, durably.
     *
     * @throws NamespaceException TRANSACTION_TOO_LARGE, and what its operations throw: then none was carried out.
     */
    TxnResult txn(Txn txn);

    /**
     * Grants a lease: keys attached to it are deleted when it ends. It belongs to nobody; whoever knows its number may
     * renew it.
     *
     * @param ttlNs its time to live without being renewed, in the log's time: 100 ms at least.
     * @return its number, which is never granted again.
     */
    long grantLease(long ttlNs);

    /** Renews a lease: its time to live runs anew. @return that, ns. @throws NamespaceException NOT_FOUND: it has ended. */
    long keepLeaseAlive(long lease);

    /** Ends a lease and deletes its keys. @return whether there was such a lease. */
    boolean revokeLease(long lease);

    /**
     * As {@link #put(String, byte[], long)}, and attaches the key to a lease. A put without one detaches it again.
     *
     * @throws NamespaceException also NOT_FOUND: there is no such lease, or it has ended.
     */
    long put(String key, byte[] value, long expectedVersion, long lease);

    /**
     * Watches a key from a sequence of the change log on.
     *
     * @param isPrefix watches all keys that begin with {@code key}.
     * @param from the first sequence of interest: {@code get(key).version() + 1} for what comes after a value that was read.
     */
    @CheckReturnValue
    KeyWatch watch(String key, boolean isPrefix, long from);

    /**
     * A value and its version.
     *
     * @param value content, or null if it lies in extents.
     * @param version as {@link Inode#version()} of its last content change.
     */
    record Value(byte[] value, long version, Inode inode) {}
}
