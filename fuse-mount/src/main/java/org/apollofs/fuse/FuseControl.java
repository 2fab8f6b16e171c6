package org.apollofs.fuse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.Libc;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kernel's handle on FUSE connections: the control file system (fusectl). It ends a connection that no unmounting
 * ends, because another mount namespace (a container) has the mount too. Stateless.
 */
public final class FuseControl {
    private static final Logger LOG = LoggerFactory.getLogger(FuseControl.class);
    private static final Path CONNECTIONS = Path.of("/sys/fs/fuse/connections");
    private static final String TYPE = "fusectl";

    private FuseControl() {}

    /**
     * Ends a connection: what waits in it fails, programs get ENOTCONN from then on, and its workers end.
     *
     * @param device "major:minor" of the mount.
     * @return whether it was ended.
     */
    public static boolean abort(String device) {
        String connection = device.substring(device.indexOf(':') + 1);
        return abort(CONNECTIONS, connection) || abortThroughOwnMount(connection);
    }

    private static boolean abort(Path connections, String connection) {
        Path control = connections.resolve(connection).resolve("abort");
        try {
            if (Files.exists(control)) {
                Files.writeString(control, "1");
                return true;
            }
        } catch (IOException e) {
            LOG.info("connection not aborted: path={}, cause={}", control, e.getMessage());
        }
        return false;
    }

    /** Where nobody has mounted the control file system (in containers): for a moment, by root. */
    private static boolean abortThroughOwnMount(String connection) {
        Path directory = null;
        boolean isMounted = false;
        try {
            directory = Files.createTempDirectory("apollo-fusectl");
            int result = Libc.mount(TYPE, directory.toString(), TYPE, 0, "");
            isMounted = result >= 0;
            if (!isMounted) {
                LOG.info("connection not aborted: fusectl cannot be mounted: errno={}", Errno.name(result));
                return false;
            }
            return abort(directory, connection);
        } catch (IOException e) {
            LOG.info("connection not aborted: cause={}", e.getMessage());
            return false;
        } finally {
            if (isMounted) {
                Libc.umount2(directory.toString(), Libc.MNT_DETACH);
            }
            deleteQuietly(directory);
        }
    }

    private static void deleteQuietly(Path directory) {
        if (directory != null && !directory.toFile().delete()) {
            LOG.debug("an empty directory is left: path={}", directory);
        }
    }
}
