package org.apollofs.fuse;

import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.dataplane.client.DataClient;
import org.apollofs.dataplane.client.DataException;
import org.apollofs.dataplane.client.OpenFile;
import org.apollofs.dataplane.client.ReadResult;
import org.apollofs.dataplane.client.WriteListener;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.namespace.client.AttributeChange;
import org.apollofs.namespace.client.ContentCommit;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.Namespace;

/** Files on the heap, in blocks, to test the mount without the layers below. */
public final class MemoryDataClient implements DataClient {
    private static final int BLOCK_LENGTH = 64 * 1024;

    private final Namespace namespace;
    private final SlabPool slabs;
    private final Map<Long, Content> contents = new HashMap<>();
    volatile DataException.Kind failWrites;
    volatile DataException.Kind failReads;
    /** Bytes of each write that are taken before it fails. */
    volatile int takesAtMost = Integer.MAX_VALUE;
    /** Keep the slabs that come with writes until the next fsync, as a client with chunks under way does. */
    volatile boolean keepsWrittenSlabs;

    private final Queue<Slab> keptSlabs = new ConcurrentLinkedQueue<>();

    public MemoryDataClient(Namespace namespace, int slabCount, int slabLength) {
        this.namespace = namespace;
        this.slabs = SlabPool.allocate(slabCount, slabLength);
    }

    static long wallTimeNs() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }

    @Override
    public synchronized OpenFile open(long inode, boolean truncate) {
        Inode committed = namespace.getAttributes(inode);
        if (committed == null) {
            throw new DataException(DataException.Kind.STALE, "open: inode is gone: inode=" + inode);
        }
        Content content = contents.computeIfAbsent(inode, key -> new Content(inode));
        synchronized (content) {
            if (content.handles == 0) {
                content.size = committed.size();
                content.cut(content.size);
            }
            content.handles++;
            if (truncate) {
                content.cut(0);
                content.size = 0;
                content.replace = true;
                content.dirty();
            }
        }
        return new Handle(content);
    }

    @Override
    public synchronized long visibleSize(long inode, long committedSize) {
        Content content = contents.get(inode);
        return content == null || content.handles == 0 ? committedSize : content.size;
    }

    @Override
    public synchronized long visibleModificationTimeNs(long inode, long committedNs) {
        Content content = contents.get(inode);
        return content == null || !content.dirty ? committedNs : content.mtimeNs;
    }

    @Override
    public synchronized boolean isOpen(long inode) {
        Content content = contents.get(inode);
        return content != null && content.handles > 0;
    }

    @Override
    public SlabPool slabs() {
        return slabs;
    }

    @Override
    public Space space() {
        return new Space(1L << 40, 1L << 39);
    }

    @Override
    public void close() {
        slabs.close();
    }

    private final class Content {
        final long inode;
        final Map<Long, byte[]> blocks = new HashMap<>();
        long size;
        long mtimeNs;
        boolean dirty;
        boolean replace;
        int handles;

        Content(long inode) {
            this.inode = inode;
        }

        void dirty() {
            dirty = true;
            mtimeNs = Math.max(mtimeNs + 1, wallTimeNs());
        }

        void cut(long newSize) {
            blocks.keySet().removeIf(block -> block * BLOCK_LENGTH >= newSize);
            byte[] last = blocks.get(newSize / BLOCK_LENGTH);
            if (last != null) {
                Arrays.fill(last, (int) (newSize % BLOCK_LENGTH), BLOCK_LENGTH, (byte) 0);
            }
        }

        synchronized void write(long fileOffset, DirectBuffer source, int offset, int length) {
            if (failWrites != null) {
                throw new DataException(failWrites, "write failed on purpose: inode=" + inode);
            }
            int taken = Math.min(length, takesAtMost);
            int done = 0;
            while (done < taken) {
                long at = fileOffset + done;
                int from = (int) (at % BLOCK_LENGTH);
                int count = Math.min(taken - done, BLOCK_LENGTH - from);
                byte[] block = blocks.computeIfAbsent(at / BLOCK_LENGTH, key -> new byte[BLOCK_LENGTH]);
                source.getBytes(offset + done, block, from, count);
                done += count;
            }
            size = Math.max(size, fileOffset + taken);
            dirty();
            if (taken < length) {
                throw new DataException(
                        DataException.Kind.NO_SPACE, "write ended early on purpose: inode=" + inode, taken);
            }
        }

        synchronized void read(long fileOffset, int length, ReadResult result) {
            if (failReads != null) {
                throw new DataException(failReads, "read failed on purpose: inode=" + inode);
            }
            int wanted = (int) Math.max(0, Math.min(length, size - fileOffset));
            Slab slab = slabs.tryAcquire();
            while (slab == null) {
                Thread.onSpinWait();
                slab = slabs.tryAcquire();
            }
            UnsafeBuffer target = slab.buffer();
            int done = 0;
            while (done < wanted) {
                long at = fileOffset + done;
                int from = (int) (at % BLOCK_LENGTH);
                int count = Math.min(wanted - done, BLOCK_LENGTH - from);
                byte[] block = blocks.get(at / BLOCK_LENGTH);
                if (block == null) {
                    target.setMemory(done, count, (byte) 0);
                } else {
                    target.putBytes(done, block, from, count);
                }
                done += count;
            }
            result.own(slab);
            // In two pieces, as a real read over two chunks comes.
            int half = wanted / 2;
            if (half > 0) {
                result.add(slab.address(), half);
            }
            if (wanted > half) {
                result.add(slab.address() + half, wanted - half);
            }
        }

        synchronized void commit() {
            if (dirty) {
                namespace.commit(
                        new ContentCommit(inode, replace, ContentCommit.ANY_VERSION, null, List.of(), size, mtimeNs));
                dirty = false;
                replace = false;
            }
        }
    }

    private final class Handle implements OpenFile {
        private final Content content;

        Handle(Content content) {
            this.content = content;
        }

        @Override
        public void writeSlab(long fileOffset, Slab slab, int length, WriteListener listener) {
            try {
                content.write(fileOffset, slab.buffer(), 0, length);
            } finally {
                if (keepsWrittenSlabs) {
                    keptSlabs.add(slab);
                } else {
                    slab.release();
                }
            }
        }

        @Override
        public void write(long fileOffset, DirectBuffer source, int sourceOffset, int length) {
            content.write(fileOffset, source, sourceOffset, length);
        }

        @Override
        public long append(DirectBuffer source, int sourceOffset, int length) {
            synchronized (content) {
                long end = content.size;
                content.write(end, source, sourceOffset, length);
                return end;
            }
        }

        @Override
        public void read(long fileOffset, int length, ReadResult result) {
            content.read(fileOffset, length, result);
        }

        @Override
        public void truncate(long size) {
            synchronized (content) {
                content.commit();
                content.cut(size);
                content.size = size;
                namespace.setAttributes(content.inode, AttributeChange.size(size));
            }
        }

        @Override
        public long size() {
            synchronized (content) {
                return content.size;
            }
        }

        @Override
        public void fsync() {
            content.commit();
            for (Slab slab = keptSlabs.poll(); slab != null; slab = keptSlabs.poll()) {
                slab.release();
            }
        }

        @Override
        public void flush() {
            content.commit();
        }

        @Override
        public void release() {
            synchronized (MemoryDataClient.this) {
                synchronized (content) {
                    if (content.handles == 1) {
                        content.commit();
                    }
                    content.handles--;
                    if (content.handles == 0) {
                        Inode left = namespace.getAttributes(content.inode);
                        if (left == null || left.linkCount() == 0) {
                            contents.remove(content.inode);
                            namespace.releaseUnlinked(content.inode);
                        }
                    }
                }
            }
        }
    }
}
