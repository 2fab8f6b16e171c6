package org.apollofs.dataplane.client;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
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
 *
 * <p>What can be committed is, whatever became of the rest: bytes whose stripe was given up are taken out and noted in
 * {@link WriteErrors} for the handles to be told, bytes that find no stripe stay for the next commit and fail this one.
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

    /** What goes into one commit. Of a file that is to be replaced, all of it does, or there is a {@code refusal}. */
    private record Snapshot(
            CommitRanges ranges, List<Stripe> closed, boolean replace, long mtimeNs, StripeException refusal) {}

    /**
     * Commits what there is, if anything.
     *
     * @param mayReplaceBroken asked if the file is to be replaced and the new content has lost bytes: whether to commit it
     *     all the same. If not, nothing is done. Called with the file's lock held.
     * @throws DataException if something could not be committed, which stays.
     */
    void commit(BooleanSupplier mayReplaceBroken) {
        file.commitLock.lock();
        try {
            boolean done = !file.isDirty;
            while (!done) {
                done = file.image != null ? commitInline(mayReplaceBroken) : commitStripes(mayReplaceBroken);
            }
        } catch (StripeException e) {
            throw Errors.of(e, "");
        } catch (NamespaceException e) {
            throw Errors.of(e, "commit failed: inode=" + file.inode + ": ");
        } finally {
            file.commitLock.unlock();
        }
    }

    /** Cuts or extends, committed at once, after what was written before. */
    void truncate(long size) {
        if (size < 0 || size > FileState.MAX_SIZE) {
            throw new DataException(
                    DataException.Kind.INVALID, "truncate failed: inode=" + file.inode + ", size=" + size);
        }
        file.commitLock.lock();
        try {
            commit(() -> true);
            file.versionIs(core.namespace()
                    .setAttributes(file.inode, AttributeChange.size(size))
                    .contentVersion());
        } catch (NamespaceException e) {
            throw Errors.of(e, "truncate failed: inode=" + file.inode + ", size=" + size + ": ");
        } finally {
            // Also one that got no answer may have taken effect.
            file.invalidate();
            file.commitLock.unlock();
        }
    }

    // ---- small files

    /** @return false if it is to be tried again. */
    private boolean commitInline(BooleanSupplier mayReplaceBroken) {
        for (int conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
            byte[] content;
            long expected;
            long writes;
            boolean replace;
            FileContent base = file.content();
            if (isReplaceRefused(mayReplaceBroken)) {
                return true;
            }
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
        throw conflict();
    }

    private void onInlineCommitted(Inode after, byte[] content, long writes) {
        core.counters().onInlineCommit();
        file.lock.lock();
        try {
            file.replace = false;
            file.isReplaceBroken = false;
            file.versionIs(after.contentVersion());
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
    private boolean commitStripes(BooleanSupplier mayReplaceBroken) {
        Snapshot snapshot = closeAll();
        if (snapshot == null) {
            return false;
        }
        Set<Stripe> stripes = snapshot.ranges().stripes();
        if (!stripes.isEmpty()) {
            file.writer.awaitFinal(stripes);
        }
        for (Stripe stripe : stripes) {
            if (stripe.hasFailed()) {
                // Once more, without it.
                return false;
            }
        }
        if (snapshot.replace()) {
            if (snapshot.refusal() != null) {
                throw snapshot.refusal();
            }
            if (isReplaceRefused(mayReplaceBroken)) {
                return true;
            }
        }
        if (!commitRanges(snapshot)) {
            return false;
        }
        onCommitted(snapshot, stripes);
        if (snapshot.refusal() != null) {
            throw snapshot.refusal();
        }
        return true;
    }

    private boolean isReplaceRefused(BooleanSupplier mayReplaceBroken) {
        file.lock.lock();
        try {
            return file.isReplaceBroken && !mayReplaceBroken.getAsBoolean();
        } finally {
            file.lock.unlock();
        }
    }

    /** Places the open chunk, closes the open stripe. @return all there is to commit, or null if it became small. */
    private Snapshot closeAll() {
        StripeException refusal = null;
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
                file.dropFailed();
                needsStripe = refusal == null && file.openChunk != null && !file.hasSlot();
                if (refusal == null && !needsStripe && file.openChunk != null) {
                    ready = file.placeOpenChunk();
                }
                if (!needsStripe) {
                    closing = file.writer == null ? null : file.writer.close();
                    dropUnused();
                    snapshot = new Snapshot(
                            file.dirty.copyPlaced(),
                            List.copyOf(file.uncommitted),
                            file.replace,
                            file.modificationTimeNs,
                            refusal);
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
            try {
                file.installStripe();
            } catch (StripeException e) {
                // The open chunk waits; what has its place does not wait for it.
                refusal = e;
            }
        }
    }

    private void dropUnused() {
        Stripe unused = file.writer == null ? null : file.writer.takeUnused();
        if (unused != null) {
            file.uncommitted.remove(unused);
            file.writer.drop(unused);
        }
    }

    /**
     * All in one commit; only a very fragmented file takes several, of which the first replaces.
     *
     * @return false if ranges were lost on the way: to be tried again without them.
     */
    private boolean commitRanges(Snapshot snapshot) {
        boolean replace = snapshot.replace();
        if (snapshot.ranges().isEmpty() && !replace) {
            return true;
        }
        List<CommitRanges> parts = snapshot.ranges().parts(MAX_EXTENTS);
        for (int i = 0; i < parts.size(); i++) {
            Set<Stripe> stripes = parts.get(i).stripes();
            Inode after = commitPart(parts.get(i), stripes, replace, snapshot.mtimeNs());
            if (after == null) {
                return false;
            }
            if (i + 1 < parts.size()) {
                // The rest of a stripe may stand in the next part.
                stripes.removeAll(parts.get(i + 1).stripes());
            }
            onPartCommitted(stripes, replace, after);
            replace = false;
        }
        return true;
    }

    /** @return the inode after, or null if ranges were lost. */
    private Inode commitPart(CommitRanges part, Set<Stripe> stripes, boolean replace, long mtimeNs) {
        List<Extent> extents = part.toExtents(core.layout().dataChunks());
        Naming naming = new Naming(file, stripes);
        for (int conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
            if (!naming.begin()) {
                return null;
            }
            try {
                return core.namespace()
                        .commit(new ContentCommit(
                                file.inode, replace, naming.expectedVersion(), null, extents, part.end(), mtimeNs));
            } catch (NamespaceException e) {
                naming.onFailure(e);
                if (e.error() != NamespaceError.VERSION_MISMATCH) {
                    throw e;
                }
            }
        }
        throw conflict();
    }

    private DataException conflict() {
        return new DataException(
                DataException.Kind.TIMEOUT,
                "commit failed: inode=" + file.inode + ": others changed it each of " + MAX_CONFLICTS + " times");
    }

    private void onPartCommitted(Set<Stripe> stripes, boolean replace, Inode after) {
        file.lock.lock();
        try {
            file.dirty.removeIf(chunk -> stripes.contains(chunk.stripe()));
            if (replace) {
                file.replace = false;
                file.isReplaceBroken = false;
            }
            file.versionIs(after.contentVersion());
            file.invalidate();
        } finally {
            file.lock.unlock();
        }
    }

    /** Lets go of stripes that are committed, and of those whose bytes were all written over before they were. */
    private void onCommitted(Snapshot snapshot, Set<Stripe> committed) {
        Set<Stripe> closed = new HashSet<>(snapshot.closed());
        file.lock.lock();
        try {
            file.uncommitted.removeIf(closed::contains);
            file.writtenEnd = file.image == null ? file.dirty.end() : file.image.size();
            file.isDirty = file.replace || file.image != null || file.openChunk != null || file.dirty.count() > 0;
        } finally {
            file.lock.unlock();
        }
        for (Stripe stripe : snapshot.closed()) {
            if (!committed.contains(stripe)) {
                stripe.abandonWhenFinal();
            }
        }
    }
}
