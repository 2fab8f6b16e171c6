package org.apollofs.dataplane.client;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.ContentCommit;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.KeyPage;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.KeyWatch;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.namespace.client.NamespaceLimits;
import org.apollofs.namespace.client.Txn;
import org.apollofs.namespace.client.TxnResult;

/**
 * The key-value face with values of any size. A value beyond the inline limit is a blob: it is written to stripes under a
 * name beside the key ({@code .put-SESSION-N}), and one transaction gives it its version and renames it into place, if the
 * key has the expected version. So it is there whole or not at all, and looks the same to {@link #get}. What a process that
 * was killed left is such a file.
 *
 * <p>A blob is a new inode, with mode and owner of the file that it replaces; further names of that file keep the old
 * content. {@link #scan} and transactions give no value for blobs. Thread-safe; the data client's agent must run.
 */
public final class BlobKeyValue implements KeyValue {
    private static final int PIECE = 128 * 1024;
    private static final int MAX_SEGMENTS = 64;
    private static final int ATTEMPTS = 10;

    private final Namespace namespace;
    private final KeyValue keys;
    private final DataClient client;
    private final int maxLength;
    private final AtomicLong next = new AtomicLong();

    /**
     * Over the client's own session.
     *
     * @param maxLength bytes of the largest value that {@link #get} gives as an array: beyond is VALUE_TOO_LARGE.
     */
    public BlobKeyValue(Namespace namespace, DataClient client, int maxLength) {
        this.namespace = namespace;
        this.client = client;
        this.maxLength = maxLength;
        keys = namespace.keyValue();
    }

    /**
     * Sets a value of any length, durably.
     *
     * @return the new version.
     * @throws NamespaceException as {@link KeyValue#put(String, byte[], long)}.
     * @throws DataException if stripes could not be written.
     */
    @Override
    public long put(String key, byte[] value, long expectedVersion) {
        try {
            return put(key, new ByteArrayInputStream(value), expectedVersion);
        } catch (IOException e) {
            throw new UncheckedIOException("an array cannot fail", e);
        }
    }

    /** As {@link #put(String, byte[], long)}, from a stream that is read to its end. */
    public long put(String key, InputStream value, long expectedVersion) throws IOException {
        byte[] head = value.readNBytes(NamespaceLimits.INLINE_LENGTH + 1);
        if (head.length <= NamespaceLimits.INLINE_LENGTH) {
            return keys.put(key, head, expectedVersion);
        }
        String path = key.startsWith("/") ? key.substring(1) : key;
        int slash = path.lastIndexOf('/');
        String directory = slash < 0 ? "" : path.substring(0, slash + 1);
        Optional<Value> present = keys.get(path);
        checkVersion(expectedVersion, present.map(Value::version).orElse(ABSENT), path);
        Inode parent = makeDirectories(directory);
        int mode = present.map(found -> found.inode().mode()).orElse(parent.mode() & 0666);
        Inode owner = present.map(Value::inode).orElse(parent);
        String name = ".put-" + namespace.session() + "-" + next.getAndIncrement();
        Inode blob = namespace.create(parent.id(), bytes(name), mode, owner.uid(), owner.gid());
        try {
            write(blob.id(), head, value);
            return publish(blob.id(), directory + name, path, expectedVersion);
        } catch (IOException | RuntimeException e) {
            try {
                namespace.unlink(parent.id(), bytes(name), false);
            } catch (NamespaceException second) {
                e.addSuppressed(second);
            }
            throw e;
        }
    }

    private static void checkVersion(long expected, long actual, String key) {
        if (expected != ANY_VERSION && expected != actual) {
            throw new NamespaceException(
                    NamespaceError.VERSION_MISMATCH,
                    "another version: key=" + key + ", expected=" + expected + ", actual=" + actual);
        }
    }

    /** The directory of a path that ends in a slash, or is empty; made where it is missing, as a put does. */
    private Inode makeDirectories(String path) {
        Inode directory = namespace.getAttributes(Inode.ROOT);
        for (String name : path.isEmpty() ? new String[0] : path.split("/", -1)) {
            if (name.isEmpty()) {
                continue;
            }
            Inode below = namespace.lookup(directory.id(), bytes(name));
            directory = below != null ? below : makeDirectory(directory, bytes(name));
        }
        return directory;
    }

    private Inode makeDirectory(Inode parent, byte[] name) {
        try {
            return namespace.makeDirectory(parent.id(), name, parent.mode() & 0777, parent.uid(), parent.gid());
        } catch (NamespaceException e) {
            Inode made = e.error() == NamespaceError.EXISTS ? namespace.lookup(parent.id(), name) : null;
            if (made == null) {
                throw e;
            }
            return made;
        }
    }

    private void write(long inode, byte[] head, InputStream rest) throws IOException {
        OpenFile file = client.open(inode, false);
        try {
            UnsafeBuffer piece = new UnsafeBuffer(ByteBuffer.allocateDirect(PIECE));
            long offset = 0;
            byte[] bytes = head;
            while (bytes.length > 0) {
                piece.putBytes(0, bytes);
                file.write(offset, piece, 0, bytes.length);
                offset += bytes.length;
                bytes = rest.readNBytes(PIECE);
            }
            file.fsync();
        } finally {
            file.release();
        }
    }

    /** Renames the blob to its key; the commit with it gives it the version of that moment. */
    private long publish(long inode, String from, String key, long expectedVersion) {
        ContentCommit touch =
                new ContentCommit(inode, false, ContentCommit.ANY_VERSION, null, List.of(), 0, ContentCommit.NOW);
        Txn txn = expectedVersion == ANY_VERSION ? Txn.when() : Txn.when(new Txn.VersionIs(key, expectedVersion));
        TxnResult result = keys.txn(txn.then(new Txn.Commit(touch), new Txn.Rename(from, key)));
        if (!result.succeeded()) {
            throw new NamespaceException(
                    NamespaceError.VERSION_MISMATCH, "another version: key=" + key + ", expected=" + expectedVersion);
        }
        return result.outcomes().getFirst().version();
    }

    /**
     * The value, whichever way it is held, or empty if there is no such file.
     *
     * @throws NamespaceException also VALUE_TOO_LARGE: longer than this face gives as an array.
     * @throws DataException if it cannot be read.
     */
    @Override
    public Optional<Value> get(String key) {
        DataException last = null;
        for (int i = 0; i < ATTEMPTS; i++) {
            Optional<Value> found = keys.get(key);
            if (found.isEmpty() || found.get().value() != null) {
                return found;
            }
            Inode inode = found.get().inode();
            if (inode.size() > maxLength) {
                throw new NamespaceException(
                        NamespaceError.VALUE_TOO_LARGE,
                        "value too large: key=" + key + ", length=" + inode.size() + ", limit=" + maxLength);
            }
            try {
                byte[] bytes = read(inode);
                Inode after = namespace.getAttributes(inode.id());
                // Read while it was changed, it would be of no version at all.
                if (after != null && after.contentVersion() == inode.contentVersion()) {
                    return Optional.of(new Value(bytes, inode.contentVersion(), inode));
                }
            } catch (DataException e) {
                last = e;
            }
        }
        throw last != null
                ? last
                : new NamespaceException(NamespaceError.TIMEOUT, "the key changes while it is read: key=" + key);
    }

    private byte[] read(Inode inode) {
        byte[] bytes = new byte[(int) inode.size()];
        UnsafeBuffer to = new UnsafeBuffer(bytes);
        int[] offset = {0};
        read(inode, (result, length) -> {
            if (offset[0] + length <= bytes.length) {
                result.copyTo(to, offset[0]);
            }
            offset[0] += length;
        });
        return bytes;
    }

    /**
     * Writes the value to a stream, whichever way it is held.
     *
     * @param inode as {@link #get} or {@link Namespace} gave it. If it is changed meanwhile, what comes may be of both.
     */
    public void copyTo(Inode inode, OutputStream out) throws IOException {
        byte[] bytes = new byte[PIECE];
        UnsafeBuffer to = new UnsafeBuffer(bytes);
        try {
            read(inode, (result, length) -> {
                result.copyTo(to, 0);
                try {
                    out.write(bytes, 0, length);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Takes the pieces of a value, in order. */
    private interface PieceConsumer {
        void onPiece(ReadResult result, int length);
    }

    private void read(Inode inode, PieceConsumer consumer) {
        OpenFile file = client.open(inode.id(), false);
        ReadResult result = new ReadResult(MAX_SEGMENTS);
        try {
            long offset = 0;
            while (offset < inode.size()) {
                file.read(offset, (int) Math.min(PIECE, inode.size() - offset), result);
                int length = result.length();
                if (length == 0) {
                    break;
                }
                consumer.onPiece(result, length);
                result.release();
                offset += length;
            }
        } finally {
            result.release();
            file.release();
        }
    }

    // As they are: values beyond the inline limit are refused.

    @Override
    public long put(String key, byte[] value, long expectedVersion, long lease) {
        return keys.put(key, value, expectedVersion, lease);
    }

    @Override
    public Optional<Value> compareAndSet(String key, byte[] expected, byte[] update) {
        return keys.compareAndSet(key, expected, update);
    }

    @Override
    public boolean delete(String key, long expectedVersion) {
        return keys.delete(key, expectedVersion);
    }

    @Override
    public KeyPage scan(String prefix, String after, int limit, boolean keysOnly) {
        return keys.scan(prefix, after, limit, keysOnly);
    }

    @Override
    public TxnResult txn(Txn txn) {
        return keys.txn(txn);
    }

    @Override
    public long grantLease(long ttlNs) {
        return keys.grantLease(ttlNs);
    }

    @Override
    public long keepLeaseAlive(long lease) {
        return keys.keepLeaseAlive(lease);
    }

    @Override
    public boolean revokeLease(long lease) {
        return keys.revokeLease(lease);
    }

    @Override
    public KeyWatch watch(String key, boolean isPrefix, long from) {
        return keys.watch(key, isPrefix, from);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
