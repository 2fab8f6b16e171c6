package org.apollofs.fuse;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apollofs.namespace.client.AttributeChange;
import org.apollofs.namespace.client.ContentCommit;
import org.apollofs.namespace.client.DirectoryEntry;
import org.apollofs.namespace.client.DirectoryPage;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.FileContent;
import org.apollofs.namespace.client.FreedRun;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.namespace.client.PlacementTable;

/** A tree on the heap, to test the mount without the layers below. One lock; content is the data client's. */
final class MemoryNamespace implements Namespace {
    private static final class Node {
        Inode inode;
        byte[] inline = {};
        final TreeMap<byte[], Node> entries = new TreeMap<>(Arrays::compareUnsigned);
        boolean keptOpen;
    }

    private final Map<Long, Node> nodes = new HashMap<>();
    private long nextInode = Inode.ROOT;
    private long version;
    private long lastTimeNs;

    MemoryNamespace() {
        Node root = newNode(Inode.DIRECTORY | 0755, 0, 0);
        root.inode = with(root.inode, 2);
    }

    @Override
    public long session() {
        return 1;
    }

    @Override
    public synchronized Inode lookup(long parent, byte[] name) {
        Node node = directory(parent).entries.get(name);
        return node == null ? null : node.inode;
    }

    @Override
    public synchronized Inode getAttributes(long inode) {
        Node node = nodes.get(inode);
        return node == null ? null : node.inode;
    }

    @Override
    public synchronized Inode create(long parent, byte[] name, int mode, int uid, int gid) {
        return add(parent, name, Inode.REGULAR | mode, uid, gid).inode;
    }

    @Override
    public synchronized Inode makeDirectory(long parent, byte[] name, int mode, int uid, int gid) {
        Node made = add(parent, name, Inode.DIRECTORY | mode, uid, gid);
        made.inode = with(made.inode, 2);
        addLinks(directory(parent), 1);
        return made.inode;
    }

    @Override
    public synchronized Inode symlink(long parent, byte[] name, byte[] target, int uid, int gid) {
        Node made = add(parent, name, Inode.SYMLINK | 0777, uid, gid);
        made.inline = target.clone();
        made.inode = sized(made.inode, target.length, now());
        return made.inode;
    }

    @Override
    public synchronized Inode link(long inode, long newParent, byte[] newName) {
        Node node = node(inode);
        if (node.inode.isDirectory()) {
            throw refuse(NamespaceError.NOT_PERMITTED);
        }
        Node directory = directory(newParent);
        if (directory.entries.containsKey(newName)) {
            throw refuse(NamespaceError.EXISTS);
        }
        directory.entries.put(newName, node);
        touch(directory);
        return addLinks(node, 1);
    }

    @Override
    public synchronized Inode unlink(long parent, byte[] name, boolean keepOpen) {
        Node directory = directory(parent);
        Node node = entry(directory, name);
        if (node.inode.isDirectory()) {
            throw refuse(NamespaceError.IS_DIRECTORY);
        }
        directory.entries.remove(name);
        touch(directory);
        return dropLink(node, keepOpen);
    }

    @Override
    public synchronized void removeDirectory(long parent, byte[] name) {
        Node directory = directory(parent);
        Node node = entry(directory, name);
        removeDirectory(node);
        directory.entries.remove(name);
        touch(directory);
        addLinks(directory, -1);
    }

    private void removeDirectory(Node node) {
        if (!node.inode.isDirectory()) {
            throw refuse(NamespaceError.NOT_DIRECTORY);
        }
        if (!node.entries.isEmpty()) {
            throw refuse(NamespaceError.NOT_EMPTY);
        }
        nodes.remove(node.inode.id());
    }

    @Override
    public synchronized Inode rename(
            long parent, byte[] name, long newParent, byte[] newName, int flags, boolean keepReplacedOpen) {
        Node from = directory(parent);
        Node to = directory(newParent);
        Node moved = entry(from, name);
        Node target = to.entries.get(newName);
        if (flags == RENAME_EXCHANGE) {
            Node other = entry(to, newName);
            from.entries.put(name, other);
            to.entries.put(newName, moved);
            return null;
        }
        if (target != null && flags == RENAME_NOREPLACE) {
            throw refuse(NamespaceError.EXISTS);
        }
        if (target == moved) {
            return null;
        }
        Inode replaced = null;
        if (target != null) {
            if (target.inode.isDirectory()) {
                removeDirectory(target);
                addLinks(to, -1);
            } else {
                replaced = dropLink(target, keepReplacedOpen);
            }
        }
        from.entries.remove(name);
        to.entries.put(newName, moved);
        if (moved.inode.isDirectory() && from != to) {
            addLinks(from, -1);
            addLinks(to, 1);
        }
        touch(from);
        touch(to);
        return replaced;
    }

    @Override
    public synchronized void releaseUnlinked(long inode) {
        Node node = nodes.get(inode);
        if (node != null && node.keptOpen) {
            nodes.remove(inode);
        }
    }

    @Override
    public synchronized Inode setAttributes(long inode, AttributeChange change) {
        Node node = node(inode);
        Inode old = node.inode;
        long time = now();
        boolean resized = change.size() != AttributeChange.KEEP && change.size() != old.size();
        long mode = change.mode() == AttributeChange.KEEP
                ? old.mode()
                : (old.mode() & Inode.TYPE_MASK) | (change.mode() & 07777);
        version++;
        node.inode = new Inode(
                old.id(),
                (int) mode,
                (int) (change.uid() == AttributeChange.KEEP ? old.uid() : change.uid()),
                (int) (change.gid() == AttributeChange.KEEP ? old.gid() : change.gid()),
                old.linkCount(),
                change.size() == AttributeChange.KEEP ? old.size() : change.size(),
                time(change.atimeNs(), old.atimeNs(), time),
                time(change.mtimeNs(), resized ? time : old.mtimeNs(), time),
                time,
                version,
                resized ? version : old.contentVersion(),
                old.inlineLength(),
                old.extentCount());
        return node.inode;
    }

    @Override
    public synchronized DirectoryPage readDirectory(long directory, byte[] after, int limit) {
        TreeMap<byte[], Node> entries = directory(directory).entries;
        List<DirectoryEntry> page = new ArrayList<>();
        for (Map.Entry<byte[], Node> entry : (after == null ? entries : entries.tailMap(after, false)).entrySet()) {
            if (page.size() == limit) {
                return new DirectoryPage(page, true);
            }
            page.add(new DirectoryEntry(entry.getKey(), entry.getValue().inode));
        }
        return new DirectoryPage(page, false);
    }

    @Override
    public synchronized FileContent readContent(long inode) {
        Node node = node(inode);
        return new FileContent(node.inode, node.inline, List.of());
    }

    @Override
    public synchronized Inode commit(ContentCommit commit) {
        Node node = node(commit.inode());
        long size = commit.replace() ? commit.size() : Math.max(node.inode.size(), commit.size());
        node.inode = sized(node.inode, size, commit.mtimeNs() == ContentCommit.NOW ? now() : commit.mtimeNs());
        return node.inode;
    }

    @Override
    public List<PlacementTable> placementTables() {
        return List.of();
    }

    @Override
    public PlacementTable addPlacementTable(int dataChunks, int parityChunks, List<int[]> groups) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<FreedRun> freedRuns(int limit) {
        return List.of();
    }

    @Override
    public void acknowledgeFreed(List<FreedRun> runs) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<Extent> liveExtents(long afterInode, int inodeLimit, long[] lastInode) {
        return List.of();
    }

    @Override
    public synchronized long inodeCount() {
        return nodes.size();
    }

    @Override
    public KeyValue keyValue() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}

    private Node add(long parent, byte[] name, int mode, int uid, int gid) {
        Node directory = directory(parent);
        if (directory.entries.containsKey(name)) {
            throw refuse(NamespaceError.EXISTS);
        }
        Node made = newNode(mode, uid, gid);
        directory.entries.put(name, made);
        touch(directory);
        return made;
    }

    private Node newNode(int mode, int uid, int gid) {
        Node node = new Node();
        long time = now();
        version++;
        node.inode = new Inode(nextInode++, mode, uid, gid, 1, 0, time, time, time, version, version, 0, 0);
        nodes.put(node.inode.id(), node);
        return node;
    }

    private Inode dropLink(Node node, boolean keepOpen) {
        addLinks(node, -1);
        if (node.inode.linkCount() == 0) {
            node.keptOpen = keepOpen;
            if (!keepOpen) {
                nodes.remove(node.inode.id());
            }
        }
        return node.inode;
    }

    private Inode addLinks(Node node, int count) {
        node.inode = with(node.inode, node.inode.linkCount() + count);
        return node.inode;
    }

    private void touch(Node directory) {
        directory.inode = sized(directory.inode, directory.inode.size(), now());
    }

    private Inode with(Inode old, int linkCount) {
        version++;
        return new Inode(
                old.id(),
                old.mode(),
                old.uid(),
                old.gid(),
                linkCount,
                old.size(),
                old.atimeNs(),
                old.mtimeNs(),
                now(),
                version,
                old.contentVersion(),
                old.inlineLength(),
                old.extentCount());
    }

    private Inode sized(Inode old, long size, long mtimeNs) {
        version++;
        return new Inode(
                old.id(),
                old.mode(),
                old.uid(),
                old.gid(),
                old.linkCount(),
                size,
                old.atimeNs(),
                mtimeNs,
                now(),
                version,
                version,
                old.inlineLength(),
                old.extentCount());
    }

    private long now() {
        lastTimeNs = Math.max(lastTimeNs + 1, MemoryDataClient.wallTimeNs());
        return lastTimeNs;
    }

    private static long time(long wanted, long old, long now) {
        if (wanted == AttributeChange.KEEP) {
            return old;
        }
        return wanted == AttributeChange.NOW ? now : wanted;
    }

    private Node node(long inode) {
        Node node = nodes.get(inode);
        if (node == null) {
            throw refuse(NamespaceError.NOT_FOUND);
        }
        return node;
    }

    private Node directory(long inode) {
        Node node = node(inode);
        if (!node.inode.isDirectory()) {
            throw refuse(NamespaceError.NOT_DIRECTORY);
        }
        return node;
    }

    private static Node entry(Node directory, byte[] name) {
        Node node = directory.entries.get(name);
        if (node == null) {
            throw refuse(NamespaceError.NOT_FOUND);
        }
        return node;
    }

    private static NamespaceException refuse(NamespaceError error) {
        return new NamespaceException(error, "refused: " + error);
    }
}
