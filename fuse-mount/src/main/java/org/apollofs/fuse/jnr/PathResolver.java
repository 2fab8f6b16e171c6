package org.apollofs.fuse.jnr;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentHashMap;
import org.agrona.concurrent.NanoClock;
import org.apollofs.fuse.ApolloFileSystem;
import org.apollofs.fuse.FuseException;
import org.apollofs.io.os.Errno;
import org.apollofs.namespace.client.Inode;

/**
 * From libfuse's paths to inodes. Directories are remembered for as long as the kernel may trust a name, and forgotten when
 * one is renamed or removed here. Any thread.
 */
final class PathResolver {
    private static final int MAX_REMEMBERED = 1 << 16;
    private static final char UNDECODABLE = '\uFFFD';

    private record Remembered(long inode, long untilNs) {}

    private final ApolloFileSystem fileSystem;
    private final NanoClock clock;
    private final long rememberNs;
    private final ConcurrentHashMap<String, Remembered> directories = new ConcurrentHashMap<>();
    private final HiddenFiles hidden;

    PathResolver(ApolloFileSystem fileSystem, HiddenFiles hidden, NanoClock clock, long rememberNs) {
        this.fileSystem = fileSystem;
        this.hidden = hidden;
        this.clock = clock;
        this.rememberNs = rememberNs;
    }

    /** Last name of a path. @throws FuseException EILSEQ if it was not UTF-8: jnr hands paths over as text. */
    static byte[] name(String path) {
        return text(lastName(path));
    }

    /** Last name of a path, as text. */
    static String lastName(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** The bytes of a text that came from libfuse. @throws FuseException EILSEQ as above. */
    static byte[] text(String text) {
        if (text.indexOf(UNDECODABLE) >= 0) {
            throw new FuseException(Errno.EILSEQ, "not supported: backend jnr takes only names in UTF-8");
        }
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The inode at a path. @throws FuseException ENOENT. */
    Inode inode(String path) {
        if (path == null) {
            // With nullpath_ok: an open file that has no name any more, in a call that libfuse makes without its
            // handle.
            throw new FuseException(Errno.ENOENT, "file has no name any more");
        }
        if (path.equals("/")) {
            return fileSystem.getAttributes(Inode.ROOT);
        }
        long hiddenInode = hidden.inode(path);
        if (hiddenInode != HiddenFiles.NONE) {
            return fileSystem.getAttributes(hiddenInode);
        }
        Inode inode = fileSystem.lookup(parent(path), name(path));
        if (inode == null) {
            throw new FuseException(Errno.ENOENT, "no such path");
        }
        return inode;
    }

    /** The directory that a path's last name is in. @throws FuseException ENOENT, ENOTDIR. */
    long parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash <= 0 ? Inode.ROOT : directory(path.substring(0, slash));
    }

    /** A directory was renamed or removed: paths through it lead elsewhere. */
    void forget() {
        directories.clear();
    }

    private long directory(String path) {
        Remembered remembered = directories.get(path);
        long nowNs = clock.nanoTime();
        if (remembered != null && nowNs - remembered.untilNs() < 0) {
            return remembered.inode();
        }
        Inode inode = fileSystem.lookup(parent(path), name(path));
        if (inode == null) {
            throw new FuseException(Errno.ENOENT, "no such directory");
        }
        if (!inode.isDirectory()) {
            throw new FuseException(Errno.ENOTDIR, "not a directory");
        }
        if (directories.size() >= MAX_REMEMBERED) {
            directories.clear();
        }
        directories.put(path, new Remembered(inode.id(), nowNs + rememberNs));
        return inode.id();
    }
}
