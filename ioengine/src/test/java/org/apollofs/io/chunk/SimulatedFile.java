package org.apollofs.io.chunk;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.device.BlockDevice;

/**
 * A file in memory of which a power cut keeps, sector by sector, any version since the last sync: what it was then, what it
 * is now, or what it was at a sync that did not complete, or when {@link #writeBack} wrote it back as kernels do.
 */
final class SimulatedFile implements JournalFile, SnapshotFile {
    private static final int SECTOR = 512;

    private final String name;
    private final SimulatedFiles owner;
    private final byte[] current;
    private final byte[] durable;
    private final UnsafeBuffer buffer;
    private final List<byte[]> syncing = new ArrayList<>();
    private long length;
    private long durableLength;

    SimulatedFile(String name, SimulatedFiles owner, int capacity, boolean full) {
        this.name = name;
        this.owner = owner;
        current = new byte[capacity];
        durable = new byte[capacity];
        buffer = new UnsafeBuffer(current);
        length = full ? capacity : 0;
        durableLength = length;
    }

    /** What another owner finds after this one is gone. */
    SimulatedFile reborn(SimulatedFiles newOwner) {
        SimulatedFile file = new SimulatedFile(name, newOwner, current.length, false);
        System.arraycopy(current, 0, file.current, 0, current.length);
        System.arraycopy(durable, 0, file.durable, 0, durable.length);
        file.length = length;
        file.durableLength = durableLength;
        return file;
    }

    /** Writes some sectors back, unasked. */
    void writeBack(Random random) {
        for (int at = 0; at < current.length; at += SECTOR) {
            if (random.nextInt(8) == 0) {
                System.arraycopy(current, at, durable, at, SECTOR);
            }
        }
    }

    /** The power is gone. */
    void cut(Random random) {
        for (int at = 0; at < current.length; at += SECTOR) {
            int choice = random.nextInt(syncing.size() + 2);
            if (choice > 0) {
                byte[] source = choice <= syncing.size() ? syncing.get(choice - 1) : current;
                System.arraycopy(source, at, durable, at, SECTOR);
            }
        }
        if (random.nextBoolean()) {
            durableLength = length;
        }
        // A longer file whose sectors were not written reads as zeros.
        Arrays.fill(durable, (int) durableLength, durable.length, (byte) 0);
        System.arraycopy(durable, 0, current, 0, durable.length);
        length = durableLength;
        syncing.clear();
    }

    @Override
    public boolean queueSync(BlockDevice device, long token) {
        byte[] content = current.clone();
        long contentLength = length;
        int descriptor = owner.register(() -> {
            System.arraycopy(content, 0, durable, 0, content.length);
            durableLength = Math.max(durableLength, contentLength);
            syncing.remove(content);
        });
        if (device.queueSync(token, descriptor)) {
            syncing.add(content);
            return true;
        }
        return false;
    }

    @Override
    public UnsafeBuffer buffer() {
        return buffer;
    }

    @Override
    public void writeHeader(JournalHeader header) {
        header.encode(buffer);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long length() {
        return length;
    }

    @Override
    public void write(long position, UnsafeBuffer source, int offset, int bytes) {
        buffer.putBytes((int) position, source, offset, bytes);
        length = Math.max(length, position + bytes);
    }

    @Override
    public int read(long position, UnsafeBuffer target, int offset, int bytes) {
        int count = (int) Math.max(0, Math.min(bytes, length - position));
        target.putBytes(offset, buffer, (int) position, count);
        return count;
    }

    @Override
    public void close() {
        // Memory: goes with its owner.
    }
}
