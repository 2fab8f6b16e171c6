package org.apollofs.namespace.state;

import static java.nio.ByteOrder.BIG_ENDIAN;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.KeyPage;
import org.apollofs.namespace.client.NamespaceLimits;
import org.lmdbjava.Cursor;
import org.lmdbjava.GetOp;
import org.lmdbjava.Txn;

/**
 * Walks the tree in the byte order of whole paths.
 *
 * <p>That is not the order of the entries: beside a directory {@code a} stands {@code a-b}, and {@code a-b < a/x}, since
 * '-' is below '/'. So a directory that is met is put off until a name comes that is beyond all that begins with its own
 * and a slash. Several may be put off at a time, each name the beginning of the next; the last one comes first.
 *
 * <p>A page ends with its limits: keys, bytes, and names looked at, so that a tree without files ends too. Used for one page.
 */
final class KeyScan {
    /** Bytes of a page, about. */
    private static final int MAX_PAGE_LENGTH = NamespaceLimits.COMMAND_LENGTH / 2;
    /** Names looked at for a page. */
    private static final int MAX_VISITS = 32 * 1024;
    /** What an entry takes on the wire beside key and value. */
    private static final int ENTRY_LENGTH = 128;

    private static final byte[] NOTHING = {};

    private final Tables tables;
    private final Txn<DirectBuffer> txn;
    private final StateReader reader;
    private final byte[] prefix;
    private final int limit;
    private final boolean keysOnly;
    private final Key key = new Key();
    private final UnsafeBuffer nameBuffer = new UnsafeBuffer(0, 0);
    private final Deque<Frame> frames = new ArrayDeque<>();
    private final List<KeyPage.Entry> entries = new ArrayList<>();
    private int length;
    private int visits;
    private byte[] lastVisited;
    private byte[] next;
    private boolean isEnded;

    /** A directory put off, and the place in it from which on its keys are wanted. */
    private record PutOff(long inode, byte[] name, byte[] place, boolean isExclusive) {}

    /** A directory being walked. */
    private static final class Frame {
        private final long inode;
        /** Its path with a slash behind, or nothing for the root. */
        private final byte[] path;

        private final Deque<PutOff> putOff = new ArrayDeque<>();
        /** Name to go on from, or null if there are no more entries. */
        private byte[] from;

        Frame(long inode, byte[] path) {
            this.inode = inode;
            this.path = path;
        }
    }

    private KeyScan(
            StateReader reader, Tables tables, Txn<DirectBuffer> txn, byte[] prefix, int limit, boolean keysOnly) {
        this.reader = reader;
        this.tables = tables;
        this.txn = txn;
        this.prefix = prefix;
        this.limit = limit;
        this.keysOnly = keysOnly;
    }

    /**
     * A page.
     *
     * @param prefix bytes that keys begin with; without a leading slash.
     * @param after exclusive, or null.
     */
    static KeyPage page(
            StateReader reader,
            Tables tables,
            Txn<DirectBuffer> txn,
            byte[] prefix,
            byte[] after,
            int limit,
            boolean keysOnly) {
        KeyScan scan = new KeyScan(reader, tables, txn, prefix, limit, keysOnly);
        boolean isAfter = after != null && Arrays.compareUnsigned(after, prefix) >= 0;
        try (Cursor<DirectBuffer> cursor = tables.entries.openCursor(txn)) {
            scan.enter(Inode.ROOT, NOTHING, isAfter ? after : prefix, isAfter);
            while (!scan.isEnded && !scan.frames.isEmpty()) {
                scan.walk(cursor, scan.frames.peek());
            }
        }
        return new KeyPage(scan.entries, scan.next == null ? null : new String(scan.next, UTF_8));
    }

    /** Begins to walk a directory, from a place in it on: a path, or the beginning of one. */
    private void enter(long inode, byte[] path, byte[] place, boolean isExclusive) {
        Frame frame = new Frame(inode, path);
        int slash = indexOfSlash(place);
        byte[] first = slash < 0 ? place : Arrays.copyOf(place, slash);
        // Directories whose names are beginnings of the first name, and whose keys come after the place.
        for (int i = 1; i < first.length && i <= NamespaceLimits.NAME_LENGTH; i++) {
            if ((first[i] & 0xFF) < '/') {
                putOff(frame, Arrays.copyOf(first, i), NOTHING, false);
            }
        }
        if (slash >= 0) {
            putOff(frame, first, Arrays.copyOfRange(place, slash + 1, place.length), isExclusive);
            frame.from = append(first, '/');
        } else if (isExclusive && first.length > 0) {
            putOff(frame, first, NOTHING, false);
            frame.from = append(first, 0);
        } else {
            frame.from = first;
        }
        if (frame.from.length > NamespaceLimits.NAME_LENGTH) {
            // No name is that long: the next one is beyond its beginning.
            frame.from = append(Arrays.copyOf(frame.from, NamespaceLimits.NAME_LENGTH), 0);
        }
        frames.push(frame);
    }

    private void putOff(Frame frame, byte[] name, byte[] place, boolean isExclusive) {
        if (name.length == 0 || name.length > NamespaceLimits.NAME_LENGTH || !isText(name)) {
            return;
        }
        nameBuffer.wrap(name);
        DirectBuffer value = tables.entries.get(txn, key.of(frame.inode, nameBuffer, 0, name.length));
        if (value == null) {
            return;
        }
        long inode = value.getLong(0);
        if (reader.attributes(inode).isDirectory()) {
            frame.putOff.push(new PutOff(inode, name, place, isExclusive));
        }
    }

    /** Goes on in a directory until it ends, or another one is entered, or the page is full. */
    private void walk(Cursor<DirectBuffer> cursor, Frame frame) {
        boolean found = false;
        if (frame.from != null) {
            nameBuffer.wrap(frame.from);
            found = cursor.get(key.of(frame.inode, nameBuffer, 0, frame.from.length), GetOp.MDB_SET_RANGE);
        }
        while (!isEnded) {
            byte[] name = found && cursor.key().getLong(0, BIG_ENDIAN) == frame.inode ? nameOf(cursor.key()) : null;
            PutOff waiting = frame.putOff.peek();
            if (waiting != null && (name == null || Arrays.compareUnsigned(append(waiting.name, '/'), name) < 0)) {
                frame.putOff.pop();
                frame.from = name;
                enter(frame, waiting);
                return;
            }
            if (name == null) {
                frames.pop();
                return;
            }
            if (isText(name)) {
                visit(frame, name, cursor.val().getLong(0));
            }
            found = cursor.next();
        }
    }

    private void enter(Frame frame, PutOff directory) {
        byte[] path = append(join(frame.path, directory.name), '/');
        if (isBeyond(path)) {
            isEnded = true;
        } else if (path.length < NamespaceLimits.PATH_LENGTH
                && (startsWith(path, prefix) || startsWith(prefix, path))) {
            enter(directory.inode, path, directory.place, directory.isExclusive);
        }
    }

    private void visit(Frame frame, byte[] name, long inode) {
        byte[] path = join(frame.path, name);
        if (isBeyond(path)) {
            // So is all that comes, the directories put off included: their keys are beyond this name.
            isEnded = true;
        } else if (++visits > MAX_VISITS) {
            end();
        } else {
            Inode attributes = reader.attributes(inode);
            if (attributes.isDirectory()) {
                frame.putOff.push(new PutOff(inode, name, NOTHING, false));
            } else if (attributes.isRegular()
                    && startsWith(path, prefix)
                    && path.length <= NamespaceLimits.PATH_LENGTH) {
                add(path, attributes);
            }
            lastVisited = path;
        }
    }

    /** Adds the key of the inode that the reader loaded last. */
    private void add(byte[] path, Inode inode) {
        if (entries.size() >= limit || length >= MAX_PAGE_LENGTH) {
            end();
            return;
        }
        byte[] value = keysOnly ? null : reader.value();
        entries.add(new KeyPage.Entry(new String(path, UTF_8), value, inode.contentVersion(), inode));
        length += ENTRY_LENGTH + path.length + (value == null ? 0 : value.length);
    }

    /** The page is full: the next one goes on beyond the name looked at last. */
    private void end() {
        next = lastVisited;
        isEnded = true;
    }

    /** Whether a path, and all that comes after it, is beyond all keys with the prefix. */
    private boolean isBeyond(byte[] path) {
        return Arrays.compareUnsigned(path, prefix) > 0 && !startsWith(path, prefix);
    }

    /** Whether a name is UTF-8: others are no keys. */
    private static boolean isText(byte[] name) {
        for (byte b : name) {
            if (b < 0) {
                return isUtf8(name);
            }
        }
        return true;
    }

    private static boolean isUtf8(byte[] name) {
        try {
            return UTF_8.newDecoder().decode(ByteBuffer.wrap(name)).hasRemaining();
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    private static byte[] nameOf(DirectBuffer entryKey) {
        byte[] name = new byte[entryKey.capacity() - Long.BYTES];
        entryKey.getBytes(Long.BYTES, name);
        return name;
    }

    private static boolean startsWith(byte[] bytes, byte[] beginning) {
        return bytes.length >= beginning.length
                && Arrays.equals(bytes, 0, beginning.length, beginning, 0, beginning.length);
    }

    private static int indexOfSlash(byte[] path) {
        for (int i = 0; i < path.length; i++) {
            if (path[i] == '/') {
                return i;
            }
        }
        return -1;
    }

    private static byte[] join(byte[] path, byte[] name) {
        byte[] joined = Arrays.copyOf(path, path.length + name.length);
        System.arraycopy(name, 0, joined, path.length, name.length);
        return joined;
    }

    private static byte[] append(byte[] bytes, int last) {
        byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
        longer[bytes.length] = (byte) last;
        return longer;
    }
}
