package org.apollofs.namespace.state;

import static org.lmdbjava.DbiFlags.MDB_CREATE;
import static org.lmdbjava.EnvFlags.MDB_NOMETASYNC;
import static org.lmdbjava.EnvFlags.MDB_NORDAHEAD;
import static org.lmdbjava.EnvFlags.MDB_NOSYNC;
import static org.lmdbjava.EnvFlags.MDB_NOTLS;

import java.nio.file.Path;
import java.util.List;
import org.agrona.DirectBuffer;
import org.lmdbjava.Dbi;
import org.lmdbjava.DirectBufferProxy;
import org.lmdbjava.Env;
import org.lmdbjava.LmdbNativeException;

/**
 * The tables of the state, in one LMDB environment that is made anew at every start.
 *
 * <p>Where the files lie says {@link TablesFile}. LMDB is not synced: the cluster's log is the truth, and the tables are rebuilt from its snapshot and log. It is not
 * opened with MDB_WRITEMAP either: a file system that is full would then kill the process by SIGBUS, where a
 * {@code pwrite} fails with ENOSPC. One thread writes; any number read.
 *
 * <table>
 * <caption>Tables</caption>
 * <tr><td>inodes</td><td>inode</td><td>{@link InodeRecord}</td></tr>
 * <tr><td>entries</td><td>directory, name</td><td>inode</td></tr>
 * <tr><td>links</td><td>inode, parent, name</td><td>empty: names of a file beyond the one in its record</td></tr>
 * <tr><td>inline</td><td>inode</td><td>bytes at the start of a file, or a link's target, that its record does not hold</td></tr>
 * <tr><td>extents</td><td>inode, file offset</td><td>{@link ExtentTable}</td></tr>
 * <tr><td>lines</td><td>inode, session, stripe, index, chunk offset, file offset</td><td>last stripe</td></tr>
 * <tr><td>unlinked</td><td>session, inode</td><td>empty: unlinked files a session keeps open</td></tr>
 * <tr><td>changes</td><td>first sequence</td><td>a block of changes: {@link ChangeTable}</td></tr>
 * <tr><td>freed</td><td>sequence</td><td>session, first stripe, stripe count, placement</td></tr>
 * <tr><td>placements</td><td>id</td><td>k, m, targets</td></tr>
 * <tr><td>meta</td><td>0</td><td>{@link Meta}</td></tr>
 * <tr><td>xattrs</td><td>inode, name</td><td>value: {@link XattrTable}</td></tr>
 * <tr><td>consumers</td><td>name</td><td>offset in the change log</td></tr>
 * <tr><td>leases</td><td>lease</td><td>time to live, expiry</td></tr>
 * <tr><td>leaseExpiries</td><td>expiry, lease</td><td>empty</td></tr>
 * <tr><td>leasedKeys</td><td>lease, inode</td><td>empty</td></tr>
 * <tr><td>inodeLeases</td><td>inode</td><td>lease</td></tr>
 * </table>
 */
final class Tables implements AutoCloseable {
    /** Threads that may read at a time: far more than there are. */
    private static final int MAX_READERS = 1024;

    private static final int ENOSPC = 28;
    /** The owner's alone. */
    private static final int MODE = 0600;

    private static final String[] NAMES = {
        "inodes",
        "entries",
        "links",
        "inline",
        "extents",
        "lines",
        "unlinked",
        "changes",
        "freed",
        "placements",
        "meta",
        "xattrs",
        "consumers",
        "leases",
        "leaseExpiries",
        "leasedKeys",
        "inodeLeases"
    };

    final Env<DirectBuffer> env;
    final Dbi<DirectBuffer> inodes;
    final Dbi<DirectBuffer> entries;
    final Dbi<DirectBuffer> links;
    final Dbi<DirectBuffer> inline;
    final Dbi<DirectBuffer> extents;
    final Dbi<DirectBuffer> lines;
    final Dbi<DirectBuffer> unlinked;
    final Dbi<DirectBuffer> changes;
    final Dbi<DirectBuffer> freed;
    final Dbi<DirectBuffer> placements;
    final Dbi<DirectBuffer> meta;
    final Dbi<DirectBuffer> xattrs;
    final Dbi<DirectBuffer> consumers;
    final Dbi<DirectBuffer> leases;
    final Dbi<DirectBuffer> leaseExpiries;
    final Dbi<DirectBuffer> leasedKeys;
    final Dbi<DirectBuffer> inodeLeases;
    /** All tables, in the order in which snapshots hold them: new ones come at the end. */
    final List<Dbi<DirectBuffer>> all;

    private final TablesFile file;
    private long mapLength;

    /**
     * Opens empty tables.
     *
     * @param directory made if absent; what an earlier run left in it is deleted.
     * @param mapLength bytes of address space to begin with.
     * @param memoryLength bytes of tables that may lie in memory: see {@link TablesFile}; 0 for none.
     */
    Tables(Path directory, long mapLength, long memoryLength) {
        file = new TablesFile(directory, memoryLength);
        this.mapLength = file.limit(mapLength);
        try {
            env = Env.create(DirectBufferProxy.PROXY_DB)
                    .setMapSize(this.mapLength)
                    .setMaxDbs(NAMES.length)
                    .setMaxReaders(MAX_READERS)
                    .open(directory.toFile(), MODE, MDB_NOSYNC, MDB_NOMETASYNC, MDB_NOTLS, MDB_NORDAHEAD);
        } finally {
            file.opened();
        }
        int i = 0;
        inodes = env.openDbi(NAMES[i++], MDB_CREATE);
        entries = env.openDbi(NAMES[i++], MDB_CREATE);
        links = env.openDbi(NAMES[i++], MDB_CREATE);
        inline = env.openDbi(NAMES[i++], MDB_CREATE);
        extents = env.openDbi(NAMES[i++], MDB_CREATE);
        lines = env.openDbi(NAMES[i++], MDB_CREATE);
        unlinked = env.openDbi(NAMES[i++], MDB_CREATE);
        changes = env.openDbi(NAMES[i++], MDB_CREATE);
        freed = env.openDbi(NAMES[i++], MDB_CREATE);
        placements = env.openDbi(NAMES[i++], MDB_CREATE);
        meta = env.openDbi(NAMES[i++], MDB_CREATE);
        xattrs = env.openDbi(NAMES[i++], MDB_CREATE);
        consumers = env.openDbi(NAMES[i++], MDB_CREATE);
        leases = env.openDbi(NAMES[i++], MDB_CREATE);
        leaseExpiries = env.openDbi(NAMES[i++], MDB_CREATE);
        leasedKeys = env.openDbi(NAMES[i++], MDB_CREATE);
        inodeLeases = env.openDbi(NAMES[i], MDB_CREATE);
        all = List.of(
                inodes,
                entries,
                links,
                inline,
                extents,
                lines,
                unlinked,
                changes,
                freed,
                placements,
                meta,
                xattrs,
                consumers,
                leases,
                leaseExpiries,
                leasedKeys,
                inodeLeases);
    }

    /** Bytes of address space. */
    long mapLength() {
        return mapLength;
    }

    /** Bytes in use, free pages included. */
    long usedLength() {
        return (env.info().lastPageNumber + 1) * env.stat().pageSize;
    }

    /** Doubles the map. No transaction may be active in the process. @throws TablesOutgrownException if memory may not hold it. */
    void grow() {
        if (file.limit(2 * mapLength) < 2 * mapLength) {
            throw file.outgrow("used=" + usedLength());
        }
        mapLength *= 2;
        env.setMapSize(mapLength);
    }

    /** What a failed write is to be told as: memory may be full before the tables have what they may have of it. */
    RuntimeException explain(LmdbNativeException e) {
        return file.isInMemory() && e.getMessage() != null && e.getMessage().contains("(" + ENOSPC + ")")
                ? file.outgrow(e.getMessage())
                : e;
    }

    @Override
    public void close() {
        env.close();
    }
}
