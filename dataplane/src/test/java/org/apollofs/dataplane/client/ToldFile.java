package org.apollofs.dataplane.client;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * A file and the programs that have it open, with what they were told: compares that with what is read back. One thread.
 *
 * <p>What is asked: a sync that says OK has made durable just what the file then holds, which is all that was written but
 * for losses that were told; after an error each byte is what was durable or what was written since, and never an error;
 * each handle is told of each loss by its next sync, and of its own refused writes.
 */
final class ToldFile {
    static final int CELL = 500;
    static final int MAX_SIZE = 900_000;
    private static final int FILLS = 250;

    /** How a program's write comes. */
    enum Shape {
        /** In a slab, as a large aligned write of the kernel's. */
        SLAB,
        /** Copied. */
        COPIED,
        /** In two requests, whose second one's error the kernel turns into a short count. */
        SPLIT
    }

    /** One handle, and what it is still to be told. */
    static final class Handle {
        final OpenFile file;
        boolean fsyncMustTell;
        boolean closeMustTell;

        Handle(OpenFile file) {
            this.file = file;
        }
    }

    private final OneThreadSite site;
    private final long inode;
    private final String name;
    final List<Handle> handles = new ArrayList<>();

    /** What the file holds if nothing is lost but what was found lost. */
    private byte[] view = {};
    /** What was durable at the last sync that said OK. */
    private byte[] durable = {};
    /** Values that may stand in a cell instead. */
    private final BitSet[] maybe = new BitSet[MAX_SIZE / CELL + 1];

    private int minSize;
    private int maxSize;
    private int nextFill = 1;
    private boolean isTruncated;
    private boolean replaces;
    private boolean isReplaceBroken;
    private boolean hasWrittenSinceTold;
    private boolean isLossUntold;
    int errors;
    int losses;

    ToldFile(OneThreadSite site, String name) {
        this.site = site;
        this.name = name;
        this.inode = site.create(name);
        for (int i = 0; i < maybe.length; i++) {
            maybe[i] = new BitSet();
        }
    }

    int size() {
        return view.length;
    }

    @Override
    public String toString() {
        return name;
    }

    // ---- calls

    Handle open(boolean truncate) {
        Handle handle = new Handle(site.host.open(inode, truncate));
        handles.add(handle);
        if (truncate) {
            view = new byte[0];
            noteSize(0);
            isTruncated = true;
            replaces = true;
            isReplaceBroken = false;
        }
        return handle;
    }

    /** A program's write(2). It writes what is left of a short one, once. */
    void write(Handle handle, int offset, int length, Shape shape) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) fill());
        int first = shape == Shape.SPLIT ? Math.max(1, length / 2 - 123) : length;
        int done = request(handle, offset, bytes, 0, first, shape);
        if (done == first && done < length) {
            done += request(handle, offset + done, bytes, done, length - done, shape);
        }
        if (done > 0 && done < length) {
            request(handle, offset + done, bytes, done, length - done, shape);
        }
    }

    private int fill() {
        int fill = nextFill;
        nextFill = nextFill % FILLS + 1;
        return fill;
    }

    /** @return bytes taken. */
    private int request(Handle handle, int offset, byte[] bytes, int from, int length, Shape shape) {
        for (int cell = offset / CELL; cell <= (offset + length - 1) / CELL; cell++) {
            maybe[cell].set(bytes[from] & 0xff);
        }
        try {
            if (shape == Shape.SLAB) {
                site.host.writeSlab(handle.file, offset, bytes, from, length);
            } else {
                OneThreadHost.write(handle.file, offset, bytes, from, length);
            }
            lay(offset, bytes, from, length);
            return length;
        } catch (DataException e) {
            errors++;
            lay(offset, bytes, from, e.bytesWritten());
            compare("after a write that failed: " + e.getMessage());
            handle.fsyncMustTell = true;
            return e.bytesWritten();
        }
    }

    private void lay(int offset, byte[] bytes, int from, int length) {
        if (length > 0) {
            view = Arrays.copyOf(view, Math.max(view.length, offset + length));
            System.arraycopy(bytes, from, view, offset, length);
            noteSize(view.length);
            hasWrittenSinceTold = true;
        }
    }

    /** @return whether it said OK. */
    boolean fsync(Handle handle) {
        try {
            handle.file.fsync();
        } catch (DataException e) {
            onSyncFailed(handle, e);
            return false;
        }
        expect(!handle.fsyncMustTell, "fsync said OK and had something to tell");
        onSynced("after fsync said OK");
        return true;
    }

    /** As a rename that publishes does: through a handle of its own. */
    void publish() {
        Handle handle = new Handle(site.host.open(inode, false));
        handle.fsyncMustTell = isLossUntold;
        try {
            fsync(handle);
        } finally {
            handle.file.release();
        }
    }

    /** close(2). @return whether it said OK. */
    boolean close(Handle handle) {
        boolean isOk = true;
        try {
            handle.file.flush();
            expect(!handle.closeMustTell, "close said OK and had something to tell");
            if (!isReplaceBroken || hasWrittenSinceTold) {
                onSynced("after close said OK");
            }
        } catch (DataException e) {
            isOk = false;
            onSyncFailed(handle, e);
        }
        handles.remove(handle);
        try {
            handle.file.release();
        } catch (DataException e) {
            // Nobody hears it.
            errors++;
        }
        if (handles.isEmpty()) {
            settle("after the last close");
        }
        return isOk;
    }

    void truncate(Handle handle, int size) {
        try {
            handle.file.truncate(size);
        } catch (DataException e) {
            errors++;
            compare("after truncate failed: " + e.getMessage());
            return;
        }
        view = Arrays.copyOf(view, size);
        noteSize(size);
        isTruncated = true;
        compare("after truncate");
        settleAs(view);
    }

    /** The host is another one: no handle is left. */
    void onRestart(String how) {
        handles.clear();
        settle(how);
    }

    // ---- what it holds

    private void onSyncFailed(Handle handle, DataException e) {
        errors++;
        handle.fsyncMustTell = false;
        handle.closeMustTell = false;
        compare("after a sync that failed: " + e.getMessage());
        handle.fsyncMustTell = false;
        handle.closeMustTell = false;
        isLossUntold = false;
        hasWrittenSinceTold = false;
    }

    private void onSynced(String when) {
        byte[] now = site.host.read(inode);
        expect(Arrays.equals(view, now), when + " something is lost that nobody was told: " + difference(view, now));
        settleAs(now);
    }

    /** What a loss has left is what it has to hold from now on. */
    private void compare(String when) {
        byte[] now = site.host.read(inode);
        checkAllowed(now, when);
        if (!Arrays.equals(view, now)) {
            losses++;
            isLossUntold = true;
            isReplaceBroken |= replaces;
            for (Handle handle : handles) {
                handle.fsyncMustTell = true;
                handle.closeMustTell = true;
            }
            view = now;
            noteSize(now.length);
        }
    }

    /** Nobody has it open: what it holds now stays. */
    private void settle(String when) {
        byte[] now = site.host.read(inode);
        checkAllowed(now, when);
        view = now;
        isLossUntold = false;
        settleAs(now);
    }

    private void settleAs(byte[] now) {
        durable = now;
        minSize = now.length;
        maxSize = now.length;
        isTruncated = false;
        replaces = false;
        isReplaceBroken = false;
        for (BitSet cell : maybe) {
            cell.clear();
        }
    }

    private void noteSize(int size) {
        minSize = Math.min(minSize, size);
        maxSize = Math.max(maxSize, size);
    }

    private void checkAllowed(byte[] now, String when) {
        expect(
                now.length >= minSize && now.length <= maxSize,
                when + ": size=" + now.length + ", may be " + minSize + " to " + maxSize);
        for (int i = 0; i < now.length; i++) {
            boolean isOld = i < durable.length && now[i] == durable[i];
            boolean isHole = now[i] == 0 && (isTruncated || i >= durable.length);
            if (!isOld && !isHole && !maybe[i / CELL].get(now[i] & 0xff)) {
                throw new AssertionError(name + ": " + when + ": byte " + i + " is " + (now[i] & 0xff) + ", may be "
                        + (i < durable.length ? durable[i] & 0xff : 0) + " or " + maybe[i / CELL]);
            }
        }
    }

    private static String difference(byte[] expected, byte[] actual) {
        int at = Arrays.mismatch(expected, actual);
        return "sizes " + expected.length + " and " + actual.length + ", first at " + at;
    }

    private void expect(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(name + ": " + what);
        }
    }
}
