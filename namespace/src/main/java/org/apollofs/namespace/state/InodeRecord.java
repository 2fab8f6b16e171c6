package org.apollofs.namespace.state;

import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.NamespaceLimits;

/**
 * An inode as it stands in the table {@code inodes}, copied off heap so that it outlives changes of the table. Reused;
 * one thread at a time.
 *
 * <pre>
 *  0       4       8       12          16    24     32     40     48       56
 *  | mode  | uid   | gid   | linkCount | size| atime| mtime| ctime| version| contentVersion |
 *  64            72             76           78      80       88
 *  | extentCount | inlineLength | nameLength | flags | parent | name ... | value ... |
 * </pre>
 *
 * Little-endian; times in ns. {@code parent} and {@code name} are one of the inode's names (the only one of a directory),
 * from which its path is built; further names are in the table {@code links}. The size of a directory is the number of
 * its entries. The value, {@code inlineLength} bytes, stands here only if it is short: see {@link InlineValues}.
 */
final class InodeRecord {
    private static final int MODE = 0;
    private static final int UID = 4;
    private static final int GID = 8;
    private static final int LINK_COUNT = 12;
    private static final int SIZE = 16;
    private static final int ATIME = 24;
    private static final int MTIME = 32;
    private static final int CTIME = 40;
    private static final int VERSION = 48;
    private static final int CONTENT_VERSION = 56;
    private static final int EXTENT_COUNT = 64;
    private static final int INLINE_LENGTH = 72;
    private static final int NAME_LENGTH = 76;
    private static final int FLAGS = 78;
    private static final int PARENT = 80;
    static final int NAME = 88;

    /** Flag: the inode has extended attributes. */
    static final int HAS_XATTRS = 1;
    /** Flag: the inode is attached to a lease. */
    static final int HAS_LEASE = 2;
    /** Flag: the inline bytes stand in this record. */
    static final int IS_EMBEDDED = 4;
    /** Inline bytes up to which they stand in the record: a page of LMDB still holds two records. */
    static final int EMBEDDED_LENGTH = 1024;

    private final UnsafeBuffer bytes =
            new UnsafeBuffer(ByteBuffer.allocateDirect(NAME + NamespaceLimits.NAME_LENGTH + EMBEDDED_LENGTH));
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private long id;

    /** Takes a copy of a record of the table. */
    InodeRecord load(long inode, DirectBuffer value) {
        id = inode;
        bytes.putBytes(0, value, 0, value.capacity());
        return this;
    }

    /** Makes it a new inode, all else zero. */
    InodeRecord reset(long inode, int mode, int uid, int gid) {
        id = inode;
        bytes.setMemory(0, bytes.capacity(), (byte) 0);
        bytes.putInt(MODE, mode);
        bytes.putInt(UID, uid);
        bytes.putInt(GID, gid);
        return this;
    }

    /** The record as the table holds it; valid until the next change. */
    DirectBuffer value() {
        view.wrap(bytes, 0, NAME + nameLength() + embeddedLength());
        return view;
    }

    long id() {
        return id;
    }

    int mode() {
        return bytes.getInt(MODE);
    }

    void permissions(int permissions) {
        bytes.putInt(MODE, (mode() & Inode.TYPE_MASK) | (permissions & 07777));
    }

    boolean isDirectory() {
        return (mode() & Inode.TYPE_MASK) == Inode.DIRECTORY;
    }

    boolean isRegular() {
        return (mode() & Inode.TYPE_MASK) == Inode.REGULAR;
    }

    int uid() {
        return bytes.getInt(UID);
    }

    void uid(int uid) {
        bytes.putInt(UID, uid);
    }

    int gid() {
        return bytes.getInt(GID);
    }

    void gid(int gid) {
        bytes.putInt(GID, gid);
    }

    int linkCount() {
        return bytes.getInt(LINK_COUNT);
    }

    void linkCount(int count) {
        bytes.putInt(LINK_COUNT, count);
    }

    long size() {
        return bytes.getLong(SIZE);
    }

    void size(long size) {
        bytes.putLong(SIZE, size);
    }

    void atimeNs(long timeNs) {
        bytes.putLong(ATIME, timeNs);
    }

    void mtimeNs(long timeNs) {
        bytes.putLong(MTIME, timeNs);
    }

    void ctimeNs(long timeNs) {
        bytes.putLong(CTIME, timeNs);
    }

    void version(long version) {
        bytes.putLong(VERSION, version);
    }

    long contentVersion() {
        return bytes.getLong(CONTENT_VERSION);
    }

    void contentVersion(long version) {
        bytes.putLong(CONTENT_VERSION, version);
    }

    long extentCount() {
        return bytes.getLong(EXTENT_COUNT);
    }

    void addExtents(long delta) {
        bytes.putLong(EXTENT_COUNT, extentCount() + delta);
    }

    int inlineLength() {
        return bytes.getInt(INLINE_LENGTH);
    }

    /** Puts inline bytes into the record, up to {@link #EMBEDDED_LENGTH}. */
    void embed(DirectBuffer value) {
        int length = value.capacity();
        bytes.putBytes(NAME + nameLength(), value, 0, length);
        bytes.putInt(INLINE_LENGTH, length);
        flag(IS_EMBEDDED, length > 0);
    }

    /** Inline bytes stand in their table. */
    void setApart(int length) {
        bytes.putInt(INLINE_LENGTH, length);
        flag(IS_EMBEDDED, false);
    }

    /** Copies the inline bytes in the record. */
    void embedded(byte[] to) {
        bytes.getBytes(NAME + nameLength(), to, 0, embeddedLength());
    }

    private int embeddedLength() {
        return has(IS_EMBEDDED) ? inlineLength() : 0;
    }

    long parent() {
        return bytes.getLong(PARENT);
    }

    int nameLength() {
        return bytes.getShort(NAME_LENGTH) & 0xFFFF;
    }

    boolean has(int flag) {
        return (bytes.getShort(FLAGS) & flag) != 0;
    }

    void flag(int flag, boolean isSet) {
        int flags = bytes.getShort(FLAGS);
        bytes.putShort(FLAGS, (short) (isSet ? flags | flag : flags & ~flag));
    }

    /** Buffer that holds the name at {@link #NAME}. */
    DirectBuffer nameBuffer() {
        return bytes;
    }

    void name(long parent, DirectBuffer name, int offset, int length) {
        bytes.putLong(PARENT, parent);
        // What is embedded stands behind the name.
        bytes.putBytes(NAME + length, bytes, NAME + nameLength(), embeddedLength());
        bytes.putShort(NAME_LENGTH, (short) length);
        bytes.putBytes(NAME, name, offset, length);
    }

    boolean isNamed(long parent, DirectBuffer name) {
        return parent() == parent && nameLength() == name.capacity() && bytesEqual(name);
    }

    private boolean bytesEqual(DirectBuffer name) {
        for (int i = 0, length = name.capacity(); i < length; i++) {
            if (bytes.getByte(NAME + i) != name.getByte(i)) {
                return false;
            }
        }
        return true;
    }

    /** As the contract has it. */
    Inode toInode() {
        return new Inode(
                id,
                mode(),
                uid(),
                gid(),
                linkCount(),
                size(),
                bytes.getLong(ATIME),
                bytes.getLong(MTIME),
                bytes.getLong(CTIME),
                bytes.getLong(VERSION),
                contentVersion(),
                inlineLength(),
                extentCount());
    }
}
