package org.apollofs.fuse;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;
import org.apollofs.dataplane.client.DataClient;
import org.apollofs.dataplane.client.OpenFile;
import org.apollofs.dataplane.client.ReadResult;
import org.apollofs.dataplane.client.WriteListener;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;

/** Drops what is written and reads zeros: what is left is the mount itself. Sizes are kept, so that reads find something. */
final class NullDataClient implements DataClient {
    private final SlabPool slabs;
    private final Slab zeros;
    private final ConcurrentHashMap<Long, AtomicLong> sizes = new ConcurrentHashMap<>();

    NullDataClient(int slabCount, int slabLength) {
        slabs = SlabPool.allocate(slabCount, slabLength);
        zeros = slabs.tryAcquire();
    }

    @Override
    public OpenFile open(long inode, boolean truncate) {
        AtomicLong size = sizes.computeIfAbsent(inode, key -> new AtomicLong());
        if (truncate) {
            size.set(0);
        }
        return new Handle(size);
    }

    @Override
    public long visibleSize(long inode, long committedSize) {
        AtomicLong size = sizes.get(inode);
        return size == null ? committedSize : size.get();
    }

    @Override
    public long visibleModificationTimeNs(long inode, long committedNs) {
        return committedNs;
    }

    @Override
    public boolean isOpen(long inode) {
        return sizes.containsKey(inode);
    }

    @Override
    public SlabPool slabs() {
        return slabs;
    }

    @Override
    public Space space() {
        return new Space(1L << 50, 1L << 50);
    }

    @Override
    public void close() {
        zeros.release();
        slabs.close();
    }

    private final class Handle implements OpenFile {
        private final AtomicLong size;

        Handle(AtomicLong size) {
            this.size = size;
        }

        private void grow(long end) {
            for (long old = size.get(); old < end && !size.compareAndSet(old, end); old = size.get()) {}
        }

        @Override
        public void writeSlab(long fileOffset, Slab slab, int length, WriteListener listener) {
            grow(fileOffset + length);
            slab.release();
        }

        @Override
        public void write(long fileOffset, DirectBuffer source, int sourceOffset, int length) {
            grow(fileOffset + length);
        }

        @Override
        public long append(DirectBuffer source, int sourceOffset, int length) {
            return size.getAndAdd(length);
        }

        @Override
        public void read(long fileOffset, int length, ReadResult result) {
            int wanted = (int) Math.max(0, Math.min(length, size.get() - fileOffset));
            if (wanted > 0) {
                result.add(zeros.address(), wanted);
            }
        }

        @Override
        public void truncate(long newSize) {
            size.set(newSize);
        }

        @Override
        public long size() {
            return size.get();
        }

        @Override
        public void fsync() {}

        @Override
        public void flush() {}

        @Override
        public void release() {}
    }
}
