package org.apollofs.io.chunk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.stream.Stream;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.chunk.TargetRefusedException.Reason;
import org.apollofs.io.device.BlockDevice;
import org.apollofs.io.device.BlockDeviceContext;
import org.apollofs.io.device.BlockDevices;
import org.apollofs.io.device.DataFile;
import org.apollofs.io.os.Libc;
import org.apollofs.io.os.OpenFlags;
import org.apollofs.io.os.OsException;

/**
 * Makes the directory of a new target: data file, superblocks, journals, first snapshot. It is built under another name and
 * gets its own when everything is durable, so a target is never half made. Blocks; any thread.
 */
public final class StoreFormat {
    /** Name of the data file, or of the link to a raw device, in a target's directory. */
    public static final String DATA_FILE = "data";
    /** Default of {@link #journalLength(int)}. */
    public static final int DEFAULT_JOURNAL_LENGTH = 64 << 20;
    /** Shortest journal: 256 KiB. */
    public static final int MIN_JOURNAL_LENGTH = 256 << 10;

    private static final String TEMPORARY_SUFFIX = ".formatting";
    private static final int ZEROS_LENGTH = 1 << 20;
    /** Generation of the first journal. */
    private static final long FIRST_GENERATION = 1;

    private final Path directory;
    private final UUID siteId;
    private final int targetId;
    private long deviceLength;
    private int chunkLength = 1 << 20;
    private int journalLength = DEFAULT_JOURNAL_LENGTH;
    private long formatId;
    private long nowMs;
    private DataFile.Mode mode = DataFile.Mode.ZEROED;
    private DataFile.Progress progress = DataFile.Progress.NONE;
    private Path rawDevice;
    private boolean overwrite;

    /** @param directory to be made; its parent exists. */
    public StoreFormat(Path directory, UUID siteId, int targetId) {
        this.directory = directory;
        this.siteId = siteId;
        this.targetId = targetId;
    }

    /** Bytes of the data file: required; cut to a multiple of 4096. See {@link Superblock#deviceLengthFor}. */
    public StoreFormat deviceLength(long deviceLength) {
        this.deviceLength = deviceLength & -Superblock.LENGTH;
        return this;
    }

    /** Bytes of the largest chunk: a power of two, 64 KiB to 16 MiB; 1 MiB by default. */
    public StoreFormat chunkLength(int chunkLength) {
        this.chunkLength = chunkLength;
        return this;
    }

    /** Bytes of each of the two journals; 64 MiB by default, which hold half a million records. */
    public StoreFormat journalLength(int journalLength) {
        this.journalLength = journalLength & -Superblock.LENGTH;
        return this;
    }

    /** A number that tells this target from whatever was formatted here before: random. */
    public StoreFormat formatId(long formatId) {
        this.formatId = formatId;
        return this;
    }

    /** The time of day in ms, noted in the superblock. */
    public StoreFormat nowMs(long nowMs) {
        this.nowMs = nowMs;
        return this;
    }

    /** Whether the data file is written once now (the default), or its space only reserved. */
    public StoreFormat mode(DataFile.Mode mode) {
        this.mode = mode;
        return this;
    }

    /**
     * A block device to keep chunks on, instead of a data file; null, the default, for a file. The directory gets a link to it.
     * Without a {@link #deviceLength} all of it is used.
     */
    public StoreFormat rawDevice(Path rawDevice) {
        this.rawDevice = rawDevice;
        return this;
    }

    /** Whether a raw device that is not blank is formatted all the same; false by default. */
    public StoreFormat overwrite(boolean overwrite) {
        this.overwrite = overwrite;
        return this;
    }

    /** Told how far the data file is. */
    public StoreFormat progress(DataFile.Progress progress) {
        this.progress = progress;
        return this;
    }

    /**
     * Makes the target.
     *
     * @throws TargetRefusedException if the directory exists, the raw device is not blank, or the geometry is not possible.
     * @throws IOException if the disk is full or fails; nothing is left.
     */
    public Superblock format() throws IOException {
        if (Files.exists(directory)) {
            throw new TargetRefusedException(
                    Reason.EXISTS, "format refused: target=" + targetId + ", path=" + directory + ": exists");
        }
        if (rawDevice != null) {
            lookAtRawDevice();
        }
        Superblock superblock = Superblock.layOut(siteId, targetId, formatId, deviceLength, chunkLength, nowMs);
        if (journalLength < MIN_JOURNAL_LENGTH || journalLength > MappedJournalFile.MAX_LENGTH) {
            throw new TargetRefusedException(
                    Reason.INVALID_GEOMETRY,
                    "format refused: target=" + targetId + ", journalLength=" + journalLength + " ("
                            + MIN_JOURNAL_LENGTH + " to " + MappedJournalFile.MAX_LENGTH + ")");
        }
        Path temporary = directory.resolveSibling(directory.getFileName() + TEMPORARY_SUFFIX);
        deleteTree(temporary);
        try {
            Files.createDirectory(temporary);
            build(temporary, superblock);
            Files.move(temporary, directory);
            syncDirectory(directory.toAbsolutePath().getParent());
        } catch (IOException | RuntimeException e) {
            deleteTree(temporary);
            throw e;
        }
        return superblock;
    }

    /** Finds out its length, and keeps us from writing over what somebody wants. */
    private void lookAtRawDevice() throws IOException {
        try (SlabPool pool = SlabPool.allocate(1, ZEROS_LENGTH);
                BlockDevice device = BlockDevices.open(
                        new BlockDeviceContext().path(rawDevice).slabPool(pool).readOnly(true))) {
            if (deviceLength == 0) {
                deviceLength = device.capacity() & -Superblock.LENGTH;
            }
            if (deviceLength > device.capacity()) {
                throw new TargetRefusedException(
                        Reason.INVALID_GEOMETRY,
                        "format refused: target=" + targetId + ", device=" + rawDevice + ": has " + device.capacity()
                                + " bytes, asked for " + deviceLength);
            }
            Slab slab = pool.tryAcquire();
            SyncDevice syncDevice = new SyncDevice(device, slab, targetId);
            int length = (int) Math.min(ZEROS_LENGTH, deviceLength);
            syncDevice.read("look at the device", 0, length);
            boolean blank = true;
            for (int i = 0; i < length && blank; i += Long.BYTES) {
                blank = syncDevice.buffer().getLong(i) == 0;
            }
            boolean target = Superblock.hasMagic(syncDevice.buffer(), 0);
            slab.release();
            if (!blank && !overwrite) {
                throw new TargetRefusedException(
                        Reason.EXISTS,
                        "format refused: target=" + targetId + ", device=" + rawDevice + ": "
                                + (target ? "holds a target already" : "is not blank"));
            }
        }
    }

    private void build(Path folder, Superblock superblock) throws IOException {
        Path data = folder.resolve(DATA_FILE);
        if (rawDevice == null) {
            DataFile.prepare(data, deviceLength, mode, progress);
        } else {
            Files.createSymbolicLink(data, rawDevice.toAbsolutePath());
        }
        for (int i = 0; i < 2; i++) {
            DataFile.prepare(
                    folder.resolve(DirectoryStoreFiles.journalName(i)),
                    journalLength,
                    DataFile.Mode.ZEROED,
                    DataFile.Progress.NONE);
            Files.createFile(folder.resolve(DirectoryStoreFiles.snapshotName(i)));
        }
        try (SlabPool pool = SlabPool.allocate(1, ZEROS_LENGTH);
                BlockDevice device =
                        BlockDevices.open(new BlockDeviceContext().path(data).slabPool(pool));
                StoreFiles files = DirectoryStoreFiles.open(folder, targetId)) {
            Slab slab = pool.tryAcquire();
            SyncDevice syncDevice = new SyncDevice(device, slab, targetId);
            write(superblock, syncDevice, files);
            slab.release();
        }
        syncDirectory(folder);
    }

    /** Writes superblocks, journal headers and the first snapshot on an empty device and empty files. */
    static void write(Superblock superblock, SyncDevice device, StoreFiles files) throws IOException {
        for (int i = 0; i < 2; i++) {
            try (JournalFile journal = files.openJournal(i)) {
                long generation = ChunkJournal.fileOf(FIRST_GENERATION) == i ? FIRST_GENERATION : FIRST_GENERATION - 1;
                journal.writeHeader(JournalHeader.ofJournal(superblock, generation, 1, false));
                device.sync("journal sync", journal);
            }
        }
        try (SnapshotFile snapshot = files.openSnapshot(ChunkJournal.fileOf(FIRST_GENERATION));
                ChunkIndex index = new ChunkIndex(1);
                SnapshotWriter writer = new SnapshotWriter(index)) {
            writer.begin(snapshot, JournalHeader.ofSnapshot(superblock, FIRST_GENERATION, 1, 0));
            while (!writer.writeNext()) {
                // One empty segment.
            }
            device.sync("snapshot sync", snapshot);
        }
        SuperblockFile.write(device, superblock);
    }

    private static void syncDirectory(Path path) throws IOException {
        int fd = Libc.open(path.toString(), OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC, 0);
        if (fd < 0) {
            throw new OsException("open failed: path=" + path, fd);
        }
        int result = Libc.fsync(fd);
        Libc.close(fd);
        if (result < 0) {
            throw new OsException("fsync failed: path=" + path, result);
        }
    }

    private static void deleteTree(Path path) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        try (Stream<Path> files = Files.list(path)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(path);
    }
}
