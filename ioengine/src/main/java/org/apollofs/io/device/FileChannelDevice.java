package org.apollofs.io.device;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.Libc;
import org.apollofs.io.os.OsException;

/**
 * A block device on FileChannel with O_DIRECT, for kernels and containers that refuse io_uring. {@link #submit} does the
 * work of everything queued, in order, and returns when it is done: the owner waits for the disk there.
 *
 * <p>Threads and ownership as {@link BlockDevice} says. A thread that is interrupted closes a FileChannel under itself
 * (stopping an agent interrupts it); then the channel is opened again, the operation repeated and the interrupt kept.
 */
public final class FileChannelDevice implements BlockDevice {
    private static final int OWN_FILE = -1;

    private final Path path;
    private final Set<OpenOption> options;
    private final DeviceGeometry geometry;
    private final String description;
    private final SlabPool[] pools;
    private final ByteBuffer[][] views;
    private final DeviceFile file;
    /** A ring: delivered, then done, then queued. */
    private final Operation[] operations;

    private long deliveredCount;
    private long doneCount;
    private long queuedCount;
    private long retryCount;
    private FileChannel channel;

    private FileChannelDevice(
            BlockDeviceContext context,
            DeviceFile file,
            DeviceGeometry geometry,
            Set<OpenOption> options,
            String description)
            throws IOException {
        this.path = context.path();
        this.file = file;
        this.options = options;
        this.geometry = geometry;
        this.description = description;
        this.channel = FileChannel.open(path, options);
        pools = context.slabPools().toArray(new SlabPool[0]);
        views = new ByteBuffer[pools.length][];
        for (int i = 0; i < pools.length; i++) {
            views[i] = new ByteBuffer[pools[i].slabCount()];
            for (int j = 0; j < views[i].length; j++) {
                views[i][j] = pools[i].slab(j).segment().asByteBuffer();
            }
        }
        operations = new Operation[context.queueDepth()];
        for (int i = 0; i < operations.length; i++) {
            operations[i] = new Operation();
        }
    }

    /**
     * Opens a file or raw device.
     *
     * @param reason why this backend, for the description.
     * @throws OsException if it cannot be opened.
     */
    static FileChannelDevice open(BlockDeviceContext context, String reason) throws OsException {
        // Kept open beside the channel, which cannot claim a raw device for itself.
        DeviceFile file = DeviceFile.open(context);
        try {
            return open(context, reason, file);
        } catch (OsException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static FileChannelDevice open(BlockDeviceContext context, String reason, DeviceFile file)
            throws OsException {
        try {
            Set<OpenOption> options = new HashSet<>();
            options.add(StandardOpenOption.READ);
            if (!context.readOnly()) {
                options.add(StandardOpenOption.WRITE);
            }
            DeviceGeometry geometry = file.geometry();
            if (context.directIo()) {
                options.add(direct());
                geometry = coarser(
                        geometry, (int) Files.getFileStore(context.path()).getBlockSize());
            }
            String description = "FileChannel (" + reason + "): path=" + geometry.name() + ", capacity="
                    + geometry.capacity() + ", block=" + geometry.blockLength() + ", "
                    + (context.directIo() ? "O_DIRECT" : "through the page cache (not O_DIRECT)")
                    + ", queueDepth=" + context.queueDepth() + ", does its work in submit";
            return new FileChannelDevice(context, file, geometry, options, description);
        } catch (OsException e) {
            throw e;
        } catch (IOException e) {
            throw new OsException("open failed: path=" + context.path() + ", " + e.getMessage(), errno(e));
        }
    }

    /** Found by its name: javac warns of com.sun.nio.file, and no annotation quiets that. */
    private static OpenOption direct() {
        try {
            for (Object option :
                    Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants()) {
                if (option.toString().equals("DIRECT")) {
                    return (OpenOption) option;
                }
            }
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("this Java has no direct FileChannel", e);
        }
        throw new IllegalStateException("this Java has no direct FileChannel");
    }

    /** FileChannel aligns to the file system's block, even where the drive's is smaller. */
    private static DeviceGeometry coarser(DeviceGeometry geometry, int blockLength) {
        int larger = Math.max(geometry.blockLength(), blockLength);
        return new DeviceGeometry(geometry.name(), geometry.capacity() / larger * larger, larger);
    }

    @Override
    public boolean queueWrite(long token, long deviceOffset, Slab slab, int slabOffset, int length) {
        return queueTransfer(true, token, deviceOffset, slab, slabOffset, length);
    }

    @Override
    public boolean queueRead(long token, long deviceOffset, Slab slab, int slabOffset, int length) {
        return queueTransfer(false, token, deviceOffset, slab, slabOffset, length);
    }

    @Override
    public boolean queueSync(long token) {
        return queueSync(token, OWN_FILE);
    }

    @Override
    public boolean queueSync(long token, int fileDescriptor) {
        Operation operation = claim(token);
        if (operation == null) {
            return false;
        }
        operation.view = null;
        operation.fileDescriptor = fileDescriptor;
        return true;
    }

    private boolean queueTransfer(boolean write, long token, long deviceOffset, Slab slab, int slabOffset, int length) {
        geometry.check(deviceOffset, slab, slabOffset, length);
        Operation operation = claim(token);
        if (operation == null) {
            return false;
        }
        operation.write = write;
        operation.deviceOffset = deviceOffset;
        operation.view = view(slab);
        operation.slabOffset = slabOffset;
        operation.length = length;
        return true;
    }

    private Operation claim(long token) {
        if (channel == null) {
            throw new IllegalStateException("block device used after close: " + geometry.name());
        }
        if (pending() == operations.length) {
            return null;
        }
        Operation operation = at(queuedCount++);
        operation.token = token;
        return operation;
    }

    private ByteBuffer view(Slab slab) {
        for (int i = 0; i < pools.length; i++) {
            if (pools[i] == slab.pool()) {
                return views[i][slab.index()];
            }
        }
        return slab.segment().asByteBuffer();
    }

    @Override
    public int submit() {
        int count = (int) (queuedCount - doneCount);
        boolean interrupted = false;
        while (doneCount < queuedCount) {
            Operation operation = at(doneCount);
            try {
                operation.result = operation.view == null ? sync(operation) : transfer(operation);
            } catch (ClosedByInterruptException e) {
                interrupted |= Thread.interrupted();
                operation.result = reopen();
                if (operation.result == 0) {
                    retryCount++;
                    continue;
                }
            } catch (IOException e) {
                operation.result = -errno(e);
            }
            doneCount++;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return count;
    }

    private int sync(Operation operation) throws IOException {
        if (operation.fileDescriptor == OWN_FILE) {
            channel.force(false);
            return 0;
        }
        int result;
        do {
            result = Libc.fdatasync(operation.fileDescriptor);
        } while (result == -Errno.EINTR);
        return result;
    }

    private int transfer(Operation operation) throws IOException {
        if (operation.write && !options.contains(StandardOpenOption.WRITE)) {
            return -Errno.EBADF;
        }
        ByteBuffer view = operation.view;
        int done = 0;
        while (done < operation.length) {
            view.limit(operation.slabOffset + operation.length).position(operation.slabOffset + done);
            long deviceOffset = operation.deviceOffset + done;
            int moved = operation.write ? channel.write(view, deviceOffset) : channel.read(view, deviceOffset);
            if (moved <= 0) {
                return -Errno.EIO;
            }
            if (done + moved < operation.length) {
                retryCount++;
            }
            // A direct transfer goes on at a block's start, so what is part of a block is done again.
            done = done + moved == operation.length ? operation.length : (done + moved) & -geometry.blockLength();
        }
        return done;
    }

    /** Returns 0 if the operation can be repeated, or -errno. */
    private int reopen() {
        try {
            channel = FileChannel.open(path, options);
            return 0;
        } catch (IOException e) {
            return -errno(e);
        }
    }

    /** FileChannel tells only the kernel's words. */
    private static int errno(IOException e) {
        String message = e.getMessage() == null ? "" : e.getMessage();
        if (message.contains("No space left")) {
            return Errno.ENOSPC;
        }
        if (message.contains("Read-only file system")) {
            return Errno.EROFS;
        }
        if (message.contains("quota exceeded")) {
            return Errno.EDQUOT;
        }
        if (message.contains("Invalid argument")) {
            return Errno.EINVAL;
        }
        if (message.contains("Bad file descriptor")) {
            return Errno.EBADF;
        }
        return Errno.EIO;
    }

    @Override
    public int poll(CompletionHandler handler) {
        int count = 0;
        while (deliveredCount < doneCount) {
            Operation operation = at(deliveredCount++);
            count++;
            handler.onCompletion(operation.token, operation.result);
        }
        return count;
    }

    private Operation at(long count) {
        return operations[(int) (count % operations.length)];
    }

    @Override
    public int pending() {
        return (int) (queuedCount - deliveredCount);
    }

    @Override
    public long retryCount() {
        return retryCount;
    }

    @Override
    public int queueDepth() {
        return operations.length;
    }

    @Override
    public long capacity() {
        return geometry.capacity();
    }

    @Override
    public int logicalBlockSize() {
        return geometry.blockLength();
    }

    @Override
    public String describe() {
        return description;
    }

    @Override
    public void close() {
        if (channel == null) {
            return;
        }
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException("close failed: path=" + path, e);
        } finally {
            channel = null;
            file.close();
        }
    }

    /** One operation from queueing to delivery. A sync has no view. */
    private static final class Operation {
        long token;
        boolean write;
        long deviceOffset;
        ByteBuffer view;
        int slabOffset;
        int length;
        int fileDescriptor;
        int result;
    }
}
