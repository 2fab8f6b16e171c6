package org.apollofs.namespace.command;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apollofs.namespace.client.AttributeChange;
import org.apollofs.namespace.client.ChangeLog;
import org.apollofs.namespace.client.ContentCommit;
import org.apollofs.namespace.client.DirectoryPage;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.FileContent;
import org.apollofs.namespace.client.FreedRun;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.KeyPage;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.KeyWatch;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.client.OpenSessions;
import org.apollofs.namespace.client.PlacementTable;
import org.apollofs.namespace.client.Txn;
import org.apollofs.namespace.client.TxnResult;

/**
 * The namespace over a {@link CommandChannel}: changes go as commands, questions to a {@link NamespaceReads}. Thread-safe.
 * Owns the channel: {@link #close()} ends the session.
 */
public class CommandNamespace implements Namespace, KeyValue {
    private static final byte[] NO_BYTES = new byte[0];

    private final CommandChannel channel;
    private final NamespaceReads reads;
    private final ThreadLocal<CommandEncoder> encoders = ThreadLocal.withInitial(CommandEncoder::new);
    private final ThreadLocal<TxnEncoder> txnEncoders =
            ThreadLocal.withInitial(() -> new TxnEncoder(new CommandEncoder()));

    private final ChangeLog changes;

    /** @param reads where questions are answered; null for the log itself. */
    public CommandNamespace(CommandChannel channel, NamespaceReads reads) {
        this.channel = channel;
        this.reads = reads == null ? new QueryReads(channel) : reads;
        changes = new CommandChangeLog(channel, this.reads);
    }

    @Override
    public long session() {
        return channel.session();
    }

    /** What commands go through: for a thread that has many under way at once. Closed with the namespace. */
    public CommandChannel channel() {
        return channel;
    }

    // Questions.

    @Override
    public Inode lookup(long parent, byte[] name) {
        return reads.lookup(parent, name);
    }

    @Override
    public Inode getAttributes(long inode) {
        return reads.getAttributes(inode);
    }

    @Override
    public DirectoryPage readDirectory(long directory, byte[] after, int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("a page has at least one entry: limit=" + limit);
        }
        return reads.readDirectory(directory, after, limit);
    }

    @Override
    public FileContent readContent(long inode) {
        return reads.readContent(inode);
    }

    @Override
    public List<PlacementTable> placementTables() {
        List<PlacementTable> tables = new ArrayList<>();
        PlacementTable table = reads.placementAfter(0);
        while (table != null) {
            tables.add(table);
            table = reads.placementAfter(table.id());
        }
        return tables;
    }

    @Override
    public List<FreedRun> freedRuns(int limit) {
        return reads.freedRuns(limit);
    }

    @Override
    public List<Extent> liveExtents(long afterInode, int inodeLimit, long[] lastInode) {
        return reads.liveExtents(afterInode, inodeLimit, lastInode);
    }

    @Override
    public OpenSessions sessions() {
        return reads.sessions();
    }

    @Override
    public long inodeCount() {
        return reads.inodeCount();
    }

    // Changes.

    @Override
    public Inode create(long parent, byte[] name, int mode, int uid, int gid) {
        return makeNode(parent, name, Inode.REGULAR | (mode & 07777), uid, gid, NO_BYTES);
    }

    @Override
    public Inode makeDirectory(long parent, byte[] name, int mode, int uid, int gid) {
        return makeNode(parent, name, Inode.DIRECTORY | (mode & 07777), uid, gid, NO_BYTES);
    }

    @Override
    public Inode symlink(long parent, byte[] name, byte[] target, int uid, int gid) {
        return makeNode(parent, name, Inode.SYMLINK | 0777, uid, gid, target);
    }

    private Inode makeNode(long parent, byte[] name, int mode, int uid, int gid, byte[] target) {
        CommandEncoder encoder = encoders.get();
        try (CommandChannel.Call call = channel.begin()) {
            int length = encoder.makeNode(call.command(), parent, name, mode, uid, gid, target);
            return encoder.results().inode(call.execute(length));
        }
    }

    @Override
    public Inode link(long inode, long newParent, byte[] newName) {
        CommandEncoder encoder = encoders.get();
        try (CommandChannel.Call call = channel.begin()) {
            int length = encoder.makeLink(call.command(), inode, newParent, newName);
            return encoder.results().inode(call.execute(length));
        }
    }

    @Override
    public Inode unlink(long parent, byte[] name, boolean keepOpen) {
        CommandEncoder encoder = encoders.get();
        try (CommandChannel.Call call = channel.begin()) {
            int length = encoder.unlink(call.command(), parent, name, keepOpen);
            return encoder.results().inode(call.execute(length));
        }
    }

    @Override
    public void removeDirectory(long parent, byte[] name) {
        CommandEncoder encoder = encoders.get();
        try (CommandChannel.Call call = channel.begin()) {
            int length = encoder.removeDirectory(call.command(), parent, name);
            encoder.results().done(call.execute(length));
        }
    }

    @Override
    public Inode rename(long parent, byte[] name, long newParent, byte[] newName, int flags, boolean keepReplacedOpen) {
        CommandEncoder encoder = encoders.get();
        try (CommandChannel.Call call = channel.begin()) {
            int length = encoder.rename(call.command(), parent, name, newParent, newName, flags, keepReplacedOpen);
            return encoder.results().inode(call.execute(length));
        }
    }

    @Override
    public void releaseUnlinked(long inode) {
        CommandEncoder encoder = encoders.get();
        try (CommandChannel.Call call = channel.begin()) {
            int length = encoder.releaseUnlinked(call.command(), inode);
            encoder.results().done(call.execute(length));
        }
    }

    @Override
    public Inode setAttributes(long inode, AttributeChange change) {
        CommandEncoder encoder = encoders.get();
        try (CommandChannel.Call call = channel.begin()) {
            int length = encoder.setAttributes(call.command(), inode, change);
            return encoder.results().inode(call.execute(length));
        }
    }

    @Override
    public Inode commit(ContentCommit commit) {
        CommandEncoder encoder = encoders.get();
        try (CommandChannel.Call call = channel.begin()) {
            int length = encoder.commit(call.command(), commit);
            return encoder.results().inode(call.execute(length));
        }
    }

    @Override
    public PlacementTable addPlacementTable(int dataChunks, int parityChunks, List<int[]> groups) {
        CommandEncoder encoder = encoders.get();
        try (CommandChannel.Call call = channel.begin()) {
            int length = encoder.addPlacementTable(call.command(), dataChunks, parityChunks, groups);
            int id = (int) encoder.results().done(call.execute(length));
            return new PlacementTable(id, dataChunks, parityChunks, List.copyOf(groups));
        }
    }

    @Override
    public void acknowledgeFreed(List<FreedRun> runs) {
        CommandEncoder encoder = encoders.get();
        for (int from = 0; from < runs.size(); from += CommandEncoder.MAX_GROUP) {
            List<FreedRun> some = runs.subList(from, Math.min(runs.size(), from + CommandEncoder.MAX_GROUP));
            try (CommandChannel.Call call = channel.begin()) {
                int length = encoder.acknowledgeFreed(call.command(), some);
                encoder.results().done(call.execute(length));
            }
        }
    }

    // Keys and values.

    @Override
    public KeyValue keyValue() {
        return this;
    }

    @Override
    public long put(String key, byte[] value, long expectedVersion) {
        CommandEncoder encoder = encoders.get();
        try (CommandChannel.Call call = channel.begin()) {
            int length = encoder.put(call.command(), bytes(key), value, expectedVersion);
            return encoder.results().done(call.execute(length));
        }
    }

    @Override
    public Optional<Value> get(String key) {
        return Optional.ofNullable(reads.get(bytes(key)));
    }

    @Override
    public Optional<Value> compareAndSet(String key, byte[] expected, byte[] update) {
        CommandEncoder encoder = encoders.get();
        try (CommandChannel.Call call = channel.begin()) {
            int length = encoder.compareAndSet(call.command(), bytes(key), expected, update);
            Inode inode = encoder.results().inode(call.execute(length));
            return inode == null ? Optional.empty() : Optional.of(new Value(update, inode.contentVersion(), inode));
        }
    }

    @Override
    public boolean delete(String key, long expectedVersion) {
        CommandEncoder encoder = encoders.get();
        try (CommandChannel.Call call = channel.begin()) {
            int length = encoder.delete(call.command(), bytes(key), expectedVersion);
            return encoder.results().done(call.execute(length)) != 0;
        }
    }

    @Override
    public long put(String key, byte[] value, long expectedVersion, long lease) {
        CommandEncoder encoder = encoders.get();
        try (CommandChannel.Call call = channel.begin()) {
            int length = encoder.putLeased(call.command(), bytes(key), value, expectedVersion, lease);
            return encoder.results().done(call.execute(length));
        }
    }

    @Override
    public KeyPage scan(String prefix, String after, int limit, boolean keysOnly) {
        if (limit < 1) {
            throw new IllegalArgumentException("a page has at least one key: limit=" + limit);
        }
        return reads.scan(bytes(prefix), after == null ? null : bytes(after), limit, keysOnly);
    }

    @Override
    public TxnResult txn(Txn txn) {
        CommandEncoder encoder = encoders.get();
        try (CommandChannel.Call call = channel.begin()) {
            int length = txnEncoders.get().encode(call.command(), txn);
            return encoder.results().transaction(call.execute(length), txn);
        }
    }

    @Override
    public long grantLease(long ttlNs) {
        CommandEncoder encoder = encoders.get();
        try (CommandChannel.Call call = channel.begin()) {
            return encoder.results().done(call.execute(encoder.grantLease(call.command(), ttlNs)));
        }
    }

    @Override
    public long keepLeaseAlive(long lease) {
        CommandEncoder encoder = encoders.get();
        try (CommandChannel.Call call = channel.begin()) {
            return encoder.results().done(call.execute(encoder.keepLeaseAlive(call.command(), lease)));
        }
    }

    @Override
    public boolean revokeLease(long lease) {
        CommandEncoder encoder = encoders.get();
        try (CommandChannel.Call call = channel.begin()) {
            return encoder.results().done(call.execute(encoder.revokeLease(call.command(), lease))) != 0;
        }
    }

    @Override
    public KeyWatch watch(String key, boolean isPrefix, long from) {
        return changes.watch(key, isPrefix, from);
    }

    // Extended attributes.

    @Override
    public void setXattr(long inode, byte[] name, byte[] value, int flags) {
        CommandEncoder encoder = encoders.get();
        try (CommandChannel.Call call = channel.begin()) {
            int length = encoder.setXattr(call.command(), inode, name, value, flags);
            encoder.results().done(call.execute(length));
        }
    }

    @Override
    public byte[] getXattr(long inode, byte[] name) {
        return reads.xattr(inode, name);
    }

    @Override
    public List<byte[]> listXattrs(long inode) {
        return reads.xattrNames(inode);
    }

    @Override
    public boolean removeXattr(long inode, byte[] name) {
        CommandEncoder encoder = encoders.get();
        try (CommandChannel.Call call = channel.begin()) {
            int length = encoder.removeXattr(call.command(), inode, name);
            return encoder.results().done(call.execute(length)) != 0;
        }
    }

    @Override
    public ChangeLog changeLog() {
        return changes;
    }

    private static byte[] bytes(String key) {
        return key.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        channel.close();
    }
}
