package org.apollofs.io.device;

import java.io.IOException;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.OsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens the {@link BlockDevice} that a context asks for, and says in the log which one it is and why. */
public final class BlockDevices {
    private static final Logger LOGGER = LoggerFactory.getLogger(BlockDevices.class);

    private BlockDevices() {}

    /**
     * Opens a data file or raw device that exists.
     *
     * @param context is concluded here.
     * @return the device, to be closed by the caller.
     * @throws OsException if it cannot be opened, or the backend that was asked for is not there.
     * @throws IllegalArgumentException if the context is wrong.
     */
    public static BlockDevice open(BlockDeviceContext context) throws IOException {
        return open(context, UringDevice::open);
    }

    static BlockDevice open(BlockDeviceContext context, Opener uring) throws IOException {
        context.conclude();
        BlockDevice device = switch (context.backend()) {
            case URING -> uring.open(context);
            case FILE_CHANNEL -> FileChannelDevice.open(context, "asked for");
            case AUTO -> openBest(context, uring);
        };
        LOGGER.info("block device: {}", device.describe());
        return device;
    }

    private static BlockDevice openBest(BlockDeviceContext context, Opener uring) throws IOException {
        try {
            return uring.open(context);
        } catch (OsException e) {
            if (!isUringMissing(e)) {
                throw e;
            }
            String reason = "no io_uring: " + e.getMessage() + " (a container's seccomp filter, or"
                    + " kernel.io_uring_disabled)";
            LOGGER.warn("block device: path={}, {}; FileChannel instead, slower", context.path(), reason);
            return FileChannelDevice.open(context, reason);
        }
    }

    /** What the kernel answers when io_uring itself, not the file, is the trouble. */
    private static boolean isUringMissing(OsException e) {
        return e.getMessage().startsWith("io_uring")
                && switch (e.errno()) {
                    case Errno.ENOSYS, Errno.EPERM, Errno.EACCES, Errno.ENOMEM, Errno.EINVAL, Errno.EOPNOTSUPP -> true;
                    default -> false;
                };
    }

    /** Opens one kind of device; tests let it fail. */
    @FunctionalInterface
    interface Opener {
        BlockDevice open(BlockDeviceContext context) throws OsException;
    }
}
