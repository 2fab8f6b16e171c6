package org.apollofs.dataplane.client;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apollofs.dataplane.stripe.Chunk;
import org.apollofs.dataplane.stripe.Stripe;
import org.apollofs.dataplane.stripe.StripeException;
import org.apollofs.io.buffer.Slab;
import org.apollofs.namespace.client.AttributeChange;
import org.apollofs.namespace.client.ContentCommit;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.FileContent;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;

/**
 * Makes what a file holds uncommitted durable, and commits it: first the stripes, then the namespace. Workers call and
 * wait; the file's {@code commitLock} lets one at a time.
 */
final class FileCommitter {
    /** An extent is some 60 bytes in a command, and a command at most 1 MiB. */
    private static final int MAX_EXTENTS = 8192;
    /** Another host would have to commit between every read and commit of ours. */
    private static final int MAX_CONFLICTS = 1000;

    private final FileState file;
    private final ClientCore core;

    FileCommitter(FileState file) {
        this.file = file;
        this.core = file.core;
    }

    /** What goes into one commit. */
    private record Snapshot(
            DirtyExtents dirty, List<Stripe> stripes, boolean replace, long size, long mtimeNs, long writes) {}

    /** Commits what there is, if anything. @throws DataException if it could not be; what is not committed stays. */
    void commit() {
        file.commitLock.lock();
        try {
            boolean done = !file.isDirty;
            while (!done) {
                done = file.image != null ? commitInline() : commitStripes();
            }
        } catch (StripeException e) {
            throw Errors.of(e, "");
        } catch (NamespaceException e) {
            throw Errors.of(e, "commit failed: inode=" + file.inode + ": ");
        } finally {
            file.commitLock.unlock();
        }
    }

    /** Cuts or extends, committed at once. */
    void truncate(long size) {
        if (size < 0 || size > FileState.MAX_SIZE) {
            throw new DataException(
                    DataException.Kind.INVALID, "truncate failed: inode=" + file.inode + ", size=" + size);
        }
        file.commitLock.lock();
        try {
            commit();
            core.namespace().setAttributes(file.inode, AttributeChange.size(size));
            file.invalidate();
        } catch (NamespaceException e) {
            throw Errors.of(e, "truncate failed: inode=" + file.inode + ", size=" + size + ": ");
        } finally {
            file.commitLock.unlock();
        }
    }

    // ---- small files

    /** @return false if it is to be tried again. */
    private boolean commitInline() {
        for (int conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
            byte[] content;
            long expected;
            long writes;
            boolean replace;
            FileContent base = file.content();
            file.lock.lock();
            try {
                if (file.image == null || (!file.replace && !file.isCurrent(base))) {
                    return false;
                }
                replace = file.replace;
                expected = replace ? ContentCommit.ANY_VERSION : base.inode().contentVersion();
                content = file.image.content();
                writes = file.writes;
            } finally {
                file.lock.unlock();
            }
            try {
                Inode after = core.namespace()
                        .commit(new ContentCommit(
                                file.inode,
                                replace,
                                expected,
                                content,
                                List.of(),
                                content.length,
                                file.modificationTimeNs));
                onInlineCommitted(after, content, writes);
                return true;
            } catch (NamespaceException e) {
                if (e.error() != NamespaceError.VERSION_MISMATCH) {
                    throw e;
                }
                if (!rebase()) {
                    return false;
                }
            }
        }
        throw new DataException(
                DataException.Kind.TIMEOUT,
                "commit failed: inode=" + file.inode + ": others changed it each of " + MAX_CONFLICTS + " times");
    }

    private void onInlineCommitted(Inode after, byte[] content, long writes) {
        core.counters().onInlineCommit();
        file.lock.lock();
        try {
            file.replace = false;
            file.committedIs(new FileContent(after, content, List.of()));
            if (file.writes == writes) {
                file.image = null;
                file.writtenEnd = 0;
                file.isDirty = false;
            }
        } finally {
            file.lock.unlock();
        }
    }

    /** Another host has changed the file: lays what was written here over that. @return false if it is small no more. */
    private boolean rebase() {
        file.invalidate();
        FileContent fresh = file.content();
        Slab slab = core.stripes().dataSupply().acquire();
        file.lock.lock();
        try {
            if (file.image == null || file.replace) {
                return false;
            }
            if (FileContents.isSmall(fresh, core.inlineLimit())) {
                file.image = file.image.over(fresh.inline(), (int) FileContents.size(fresh));
                return true;
            }
            file.spill(slab);
            slab = null;
            return false;
        } finally {
            file.lock.unlock();
            if (slab != null) {
                slab.release();
            }
        }
    }

    // ---- stripes

    /** @return false if it is to be tried again. */
    private boolean commitStripes() {
        Snapshot snapshot = closeAll();
        if (snapshot == null) {
            return false;
        }
        if (!snapshot.stripes().isEmpty()) {
            file.writer.awaitFinal(snapshot.stripes());
        }
        file.lock.lock();
        try {
            int before = file.errorCount;
            file.takeFailures();
            if (file.errorCount != before || anyFailed(snapshot.stripes())) {
                // The handle that commits finds the error; what is good goes with the next commit.
                return true;
            }
        } finally {
            file.lock.unlock();
        }
        commitExtents(snapshot);
        onCommitted(snapshot);
        return true;
    }

    private static boolean anyFailed(List<Stripe> stripes) {
        for (Stripe stripe : stripes) {
            if (stripe.hasFailed()) {
                return true;
            }
        }
        return false;
    }

    /** Places the open chunk, closes the open stripe. @return all there is to commit, or null if it became small. */
    private Snapshot closeAll() {
        while (true) {
            Chunk ready = null;
            Stripe closing = null;
            Snapshot snapshot = null;
            boolean needsStripe;
            file.lock.lock();
            try {
                if (file.image != null) {
                    return null;
                }
                file.takeFailures();
                needsStripe = file.openChunk != null && !file.writer.hasSlot();
                if (!needsStripe && file.openChunk != null) {
                    ready = file.openChunk;
                    file.openChunk = null;
                    file.writer.place(ready);
                }
                if (!needsStripe) {
                    closing = file.writer == null ? null : file.writer.close();
                    dropUnused();
                    snapshot = new Snapshot(
                            file.dirty.copy(),
                            List.copyOf(file.uncommitted),
                            file.replace,
                            file.writtenEnd,
                            file.modificationTimeNs,
                            file.writes);
                }
            } finally {
                file.lock.unlock();
            }
            if (ready != null) {
                file.writer.add(ready, true);
            }
            if (closing != null) {
                file.writer.seal(closing, true);
            }
            if (!needsStripe) {
                return snapshot;
            }
            file.installStripe();
        }
    }

    private void dropUnused() {
        Stripe unused = file.writer == null ? null : file.writer.takeUnused();
        if (unused != null) {
            file.uncommitted.remove(unused);
            file.writer.drop(unused);
        }
    }

    /** All in one commit; only a very fragmented file takes several, of which the first replaces. */
    private void commitExtents(Snapshot snapshot) {
        List<Extent> extents =
                snapshot.dirty().toExtents(core.session(), core.layout().dataChunks());
        boolean replace = snapshot.replace();
        int from = 0;
        do {
            int until = Math.min(extents.size(), from + MAX_EXTENTS);
            boolean last = until == extents.size();
            long size = last || until == 0
                    ? snapshot.size()
                    : extents.get(until - 1).end();
            core.namespace()
                    .commit(new ContentCommit(
                            file.inode,
                            replace,
                            ContentCommit.ANY_VERSION,
                            null,
                            extents.subList(from, until),
                            size,
                            snapshot.mtimeNs()));
            replace = false;
            from = until;
        } while (from < extents.size());
    }

    private void onCommitted(Snapshot snapshot) {
        Set<Stripe> gone = new HashSet<>(snapshot.stripes());
        Set<Stripe> referred = new HashSet<>();
        for (int i = 0; i < snapshot.dirty().count(); i++) {
            referred.add(snapshot.dirty().chunk(i).stripe());
        }
        List<Stripe> unreferred = new ArrayList<>(gone);
        unreferred.removeAll(referred);
        file.lock.lock();
        try {
            file.dirty.removeIf(chunk -> chunk.stripe() != null && gone.contains(chunk.stripe()));
            file.uncommitted.removeIf(gone::contains);
            if (snapshot.replace()) {
                file.replace = false;
            }
            file.invalidate();
            if (file.writes == snapshot.writes()) {
                file.writtenEnd = 0;
                file.isDirty = false;
            }
        } finally {
            file.lock.unlock();
        }
        for (Stripe stripe : unreferred) {
            core.stripes().abandoned().add(stripe.number(), stripe.placement());
        }
    }
}
