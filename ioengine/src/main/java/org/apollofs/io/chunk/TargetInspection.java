package org.apollofs.io.chunk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.device.Backend;
import org.apollofs.io.device.BlockDevice;
import org.apollofs.io.device.BlockDeviceContext;
import org.apollofs.io.device.BlockDevices;

/**
 * What a target's directory says about itself, found by reading only: also while a store has it open, or when it is too
 * damaged to be opened.
 *
 * @param superblock who it is, and its geometry.
 * @param firstCopyIntact whether the superblock at the start of the device is whole; else the next open repairs it.
 * @param secondCopyIntact the same of the one at the end.
 * @param device one line about the device.
 * @param capacityBytes of the device now.
 * @param blockLength logical block of the device in bytes.
 * @param files the two journals and the two snapshots.
 */
public record TargetInspection(
        Superblock superblock,
        boolean firstCopyIntact,
        boolean secondCopyIntact,
        String device,
        long capacityBytes,
        int blockLength,
        List<StoreFile> files) {
    /**
     * A journal or snapshot.
     *
     * @param state "whole", or what is wrong with its header.
     * @param generation of its header, 0 if that is not whole.
     * @param firstSequence of its header.
     * @param lengthBytes of the file.
     */
    public record StoreFile(String name, String state, long generation, long firstSequence, long lengthBytes) {
        /** Whether its header is whole and belongs to the target. */
        public boolean isWhole() {
            return state.equals(WHOLE);
        }
    }

    private static final String WHOLE = "whole";

    /** Copies the list. */
    public TargetInspection {
        files = List.copyOf(files);
    }

    /**
     * Looks at a target. Blocks; any thread.
     *
     * @throws TargetRefusedException if there is no superblock that can be trusted.
     * @throws IOException if something cannot be read.
     */
    public static TargetInspection of(Path directory) throws IOException {
        BlockDeviceContext context = new BlockDeviceContext()
                .path(directory.resolve(StoreFormat.DATA_FILE))
                .backend(Backend.FILE_CHANNEL)
                .readOnly(true);
        try (SlabPool pool = SlabPool.allocate(1, Superblock.LENGTH);
                BlockDevice device = BlockDevices.open(context)) {
            Slab slab = pool.tryAcquire();
            try {
                SuperblockFile.Examination found = SuperblockFile.examine(
                        new SyncDevice(device, slab, SuperblockFile.UNKNOWN_TARGET), SuperblockFile.UNKNOWN_TARGET);
                return new TargetInspection(
                        found.superblock(),
                        found.firstIntact(),
                        found.secondIntact(),
                        device.describe(),
                        device.capacity(),
                        device.logicalBlockSize(),
                        files(directory, found.superblock()));
            } finally {
                slab.release();
            }
        }
    }

    private static List<StoreFile> files(Path directory, Superblock superblock) throws IOException {
        List<StoreFile> files = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            files.add(file(directory, DirectoryStoreFiles.journalName(i), superblock, JournalHeader.JOURNAL_MAGIC));
        }
        for (int i = 0; i < 2; i++) {
            files.add(file(directory, DirectoryStoreFiles.snapshotName(i), superblock, JournalHeader.SNAPSHOT_MAGIC));
        }
        return files;
    }

    private static StoreFile file(Path directory, String name, Superblock superblock, long magic) throws IOException {
        ByteBuffer header = BufferUtil.allocateDirectAligned(JournalHeader.LENGTH, Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        long length;
        try (FileChannel channel = FileChannel.open(directory.resolve(name), StandardOpenOption.READ)) {
            length = channel.size();
            while (header.hasRemaining() && channel.read(header) >= 0) {
                // A read may stop early.
            }
        }
        UnsafeBuffer buffer = new UnsafeBuffer(header);
        String state = state(buffer, length, superblock, magic);
        JournalHeader decoded = state.equals(WHOLE) ? JournalHeader.decode(buffer) : null;
        return new StoreFile(
                name,
                state,
                decoded == null ? 0 : decoded.generation(),
                decoded == null ? 0 : decoded.firstSequence(),
                length);
    }

    private static String state(UnsafeBuffer header, long length, Superblock superblock, long magic) {
        if (length == 0) {
            return "empty";
        }
        if (!JournalHeader.isIntact(header)) {
            return "header damaged";
        }
        int version = JournalHeader.version(header);
        if (version != JournalHeader.FORMAT_VERSION) {
            return "format version " + version;
        }
        return JournalHeader.decode(header).belongsTo(superblock, magic) ? WHOLE : "of another target or format";
    }
}
