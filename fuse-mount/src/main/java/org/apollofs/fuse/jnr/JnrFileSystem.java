package org.apollofs.fuse.jnr;

import static org.apollofs.namespace.client.AttributeChange.KEEP;

import java.nio.ByteBuffer;
import java.util.function.IntSupplier;
import jnr.ffi.Pointer;
import jnr.ffi.Struct;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.dataplane.client.ReadResult;
import org.apollofs.fuse.ApolloFileSystem;
import org.apollofs.fuse.Attributes;
import org.apollofs.fuse.FileSystemSpace;
import org.apollofs.fuse.FuseException;
import org.apollofs.fuse.MountContext;
import org.apollofs.fuse.MountCounters;
import org.apollofs.fuse.OpenReply;
import org.apollofs.fuse.RequestFailures;
import org.apollofs.io.os.Errno;
import org.apollofs.namespace.client.AttributeChange;
import org.apollofs.namespace.client.Inode;
import ru.serce.jnrfuse.FuseFillDir;
import ru.serce.jnrfuse.FuseStubFS;
import ru.serce.jnrfuse.struct.FileStat;
import ru.serce.jnrfuse.struct.FuseContext;
import ru.serce.jnrfuse.struct.FuseFileInfo;
import ru.serce.jnrfuse.struct.FuseOperations;
import ru.serce.jnrfuse.struct.Statvfs;
import ru.serce.jnrfuse.struct.Timespec;

/**
 * libfuse's path-based callbacks over the {@link ApolloFileSystem}. Called on the mount's workers, several at a time. What
 * is not overridden stays unregistered, so that libfuse answers ENOSYS for it.
 */
final class JnrFileSystem extends FuseStubFS {
    /** struct fuse_operations: the bit field between bmap and ioctl. */
    private static final long OPERATION_FLAGS = 304;

    /** flag_nullpath_ok: open files without a name are served by handle. flag_utime_omit_ok: one time may be kept. */
    private static final int NULLPATH_OK_AND_UTIME_OMIT_OK = 1 | 1 << 2;

    /** struct fuse_file_info: the bit field after writepage. */
    private static final long FILE_INFO_FLAGS = 20;

    private static final int DIRECT_IO = 1;
    private static final int KEEP_CACHE = 1 << 1;

    /** Values of tv_nsec (sys/stat.h). */
    private static final long UTIME_NOW = (1L << 30) - 1;

    private static final long UTIME_OMIT = (1L << 30) - 2;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final int UNCHANGED_ID = -1;
    private static final int LISTING_PAGE = 512;

    private final ApolloFileSystem fileSystem;
    private final HiddenFiles hidden = new HiddenFiles();
    private final PathResolver paths;
    private final MountCounters counters;
    private final RequestFailures failures;
    private final int ioLength;
    private final ThreadLocal<Transfer> transfers = ThreadLocal.withInitial(Transfer::new);

    JnrFileSystem(ApolloFileSystem fileSystem, MountContext context, int ioLength) {
        this.fileSystem = fileSystem;
        this.ioLength = ioLength;
        paths = new PathResolver(fileSystem, hidden, context.nanoClock(), context.entryTimeoutNs());
        counters = context.counters();
        failures = new RequestFailures(context);
        Struct.getMemory(fuseOperations).putInt(OPERATION_FLAGS, NULLPATH_OK_AND_UTIME_OMIT_OK);
    }

    /** The callbacks, for fuse_new. */
    FuseOperations operations() {
        return fuseOperations;
    }

    /** The request that the calling thread is answering. */
    RequestView request() {
        return transfers.get().request;
    }

    @Override
    public int getattr(String path, FileStat stat) {
        return answer("getattr", () -> fill(stat, paths.inode(path)));
    }

    @Override
    public int fgetattr(String path, FileStat stat, FuseFileInfo info) {
        return answer("fgetattr", () -> fill(stat, fileSystem.getAttributes(inode(path, info))));
    }

    @Override
    public int readlink(String path, Pointer buffer, long size) {
        return answer("readlink", () -> {
            byte[] target = fileSystem.readLink(paths.inode(path).id());
            int length = (int) Math.min(target.length, size - 1);
            buffer.put(0, target, 0, length);
            buffer.putByte(length, (byte) 0);
            return 0;
        });
    }

    @Override
    public int mknod(String path, long mode, long device) {
        return answer("mknod", () -> {
            FuseContext caller = getContext();
            fileSystem.makeNode(parent(path), name(path), (int) mode, uid(caller), gid(caller));
            return 0;
        });
    }

    @Override
    public int mkdir(String path, long mode) {
        return answer("mkdir", () -> {
            FuseContext caller = getContext();
            fileSystem.makeDirectory(parent(path), name(path), (int) mode, uid(caller), gid(caller));
            return 0;
        });
    }

    @Override
    public int unlink(String path) {
        return answer("unlink", () -> {
            if (hidden.remove(path)) {
                return 0;
            }
            fileSystem.unlink(parent(path), name(path));
            return 0;
        });
    }

    @Override
    public int rmdir(String path) {
        return answer("rmdir", () -> {
            fileSystem.removeDirectory(parent(path), name(path));
            paths.forget();
            return 0;
        });
    }

    @Override
    public int symlink(String target, String path) {
        return answer("symlink", () -> {
            FuseContext caller = getContext();
            fileSystem.symlink(parent(path), name(path), PathResolver.text(target), uid(caller), gid(caller));
            return 0;
        });
    }

    @Override
    public int rename(String from, String to) {
        return answer("rename", () -> {
            if (request().isHiding(PathResolver.lastName(to))) {
                hide(from, to);
                return 0;
            }
            fileSystem.rename(parent(from), name(from), parent(to), name(to), 0);
            paths.forget();
            return 0;
        });
    }

    @Override
    public int link(String existing, String path) {
        return answer("link", () -> {
            fileSystem.link(paths.inode(existing).id(), parent(path), name(path));
            return 0;
        });
    }

    @Override
    public int chmod(String path, long mode) {
        return answer("chmod", () -> {
            change(path, new AttributeChange(mode & Attributes.PERMISSIONS, KEEP, KEEP, KEEP, KEEP, KEEP), false);
            return 0;
        });
    }

    @Override
    public int chown(String path, long uid, long gid) {
        return answer("chown", () -> {
            long newUid = (int) uid == UNCHANGED_ID ? KEEP : uid & 0xffff_ffffL;
            long newGid = (int) gid == UNCHANGED_ID ? KEEP : gid & 0xffff_ffffL;
            change(path, new AttributeChange(KEEP, newUid, newGid, KEEP, KEEP, KEEP), true);
            return 0;
        });
    }

    @Override
    public int truncate(String path, long size) {
        return answer("truncate", () -> {
            change(path, AttributeChange.size(size), uid(getContext()) != 0);
            return 0;
        });
    }

    @Override
    public int ftruncate(String path, long size, FuseFileInfo info) {
        return answer("ftruncate", () -> {
            long handle = info.fh.get();
            fileSystem.setAttributes(
                    fileSystem.inodeOf(handle), AttributeChange.size(size), handle, uid(getContext()) != 0);
            return 0;
        });
    }

    @Override
    public int utimens(String path, Timespec[] times) {
        return answer("utimens", () -> {
            change(path, new AttributeChange(KEEP, KEEP, KEEP, KEEP, time(times[0]), time(times[1])), false);
            return 0;
        });
    }

    @Override
    public int create(String path, long mode, FuseFileInfo info) {
        return answer("create", () -> {
            FuseContext caller = getContext();
            OpenReply reply =
                    fileSystem.create(parent(path), name(path), info.flags.get(), (int) mode, uid(caller), gid(caller));
            return opened(info, reply);
        });
    }

    @Override
    public int open(String path, FuseFileInfo info) {
        return answer("open", () -> {
            boolean drop = uid(getContext()) != 0;
            return opened(info, fileSystem.open(paths.inode(path).id(), info.flags.get(), drop));
        });
    }

    @Override
    public int read(String path, Pointer buffer, long size, long offset, FuseFileInfo info) {
        return answer("read", () -> {
            Transfer transfer = transfers.get();
            try {
                fileSystem.read(info.fh.get(), offset, (int) size, transfer.result);
                transfer.buffer.wrap(buffer.address(), (int) size);
                int length = transfer.result.copyTo(transfer.buffer, 0);
                counters.add(MountCounters.Counter.READ_BYTES, length);
                return length;
            } finally {
                transfer.result.release();
            }
        });
    }

    @Override
    public int write(String path, Pointer buffer, long size, long offset, FuseFileInfo info) {
        return answer("write", () -> {
            long handle = info.fh.get();
            Transfer transfer = transfers.get();
            transfer.buffer.wrap(buffer.address(), (int) size);
            int written = fileSystem.write(handle, offset, transfer.buffer, 0, (int) size, false);
            if (fileSystem.hasPrivileges(handle) && uid(getContext()) != 0) {
                fileSystem.dropPrivileges(handle);
            }
            counters.increment(MountCounters.Counter.COPIED_WRITES);
            counters.onWritten(written, (int) size);
            return written;
        });
    }

    @Override
    public int flush(String path, FuseFileInfo info) {
        return answer("flush", () -> {
            fileSystem.flush(info.fh.get());
            return 0;
        });
    }

    @Override
    public int fsync(String path, int dataOnly, FuseFileInfo info) {
        return answer("fsync", () -> {
            fileSystem.fsync(info.fh.get());
            return 0;
        });
    }

    @Override
    public int release(String path, FuseFileInfo info) {
        return answer("release", () -> {
            fileSystem.release(info.fh.get());
            return 0;
        });
    }

    @Override
    public int opendir(String path, FuseFileInfo info) {
        return answer("opendir", () -> {
            info.fh.set(fileSystem.openDirectory(paths.inode(path).id()));
            return 0;
        });
    }

    @Override
    public int readdir(String path, Pointer buffer, FuseFillDir filler, long offset, FuseFileInfo info) {
        return answer("readdir", () -> {
            Transfer transfer = transfers.get();
            fileSystem.readDirectory(info.fh.get(), offset, LISTING_PAGE, (name, inode, mode, attributes, next) -> {
                ByteBuffer text = transfer.name(name);
                transfer.stat.st_ino.set(inode);
                transfer.stat.st_mode.set(mode);
                return filler.apply(buffer, text, Struct.getMemory(transfer.stat), next) == 0;
            });
            return 0;
        });
    }

    @Override
    public int releasedir(String path, FuseFileInfo info) {
        return answer("releasedir", () -> {
            fileSystem.releaseDirectory(info.fh.get());
            return 0;
        });
    }

    @Override
    public int fsyncdir(String path, FuseFileInfo info) {
        // Names are durable before the call that changed them returns.
        return 0;
    }

    @Override
    public int statfs(String path, Statvfs stat) {
        return answer("statfs", () -> {
            FileSystemSpace space = fileSystem.space();
            stat.f_bsize.set(FileSystemSpace.BLOCK_LENGTH);
            stat.f_frsize.set(FileSystemSpace.BLOCK_LENGTH);
            stat.f_blocks.set(space.totalBytes() / FileSystemSpace.BLOCK_LENGTH);
            stat.f_bfree.set(space.freeBytes() / FileSystemSpace.BLOCK_LENGTH);
            stat.f_bavail.set(space.freeBytes() / FileSystemSpace.BLOCK_LENGTH);
            stat.f_files.set(space.inodes() + space.freeInodes());
            stat.f_ffree.set(space.freeInodes());
            stat.f_favail.set(space.freeInodes());
            stat.f_namemax.set(ApolloFileSystem.MAX_NAME_LENGTH);
            return 0;
        });
    }

    private int answer(String request, IntSupplier call) {
        counters.increment(MountCounters.Counter.REQUESTS);
        try {
            return call.getAsInt();
        } catch (RuntimeException failure) {
            return -failures.onFailure(failure, request);
        }
    }

    private void hide(String from, String to) {
        hidden.add(to, paths.inode(from).id());
        if (request().isUnlink()) {
            fileSystem.unlink(parent(from), name(from));
        }
        // Else the file that is renamed over it takes its name with the next callback, in one step.
    }

    private void change(String path, AttributeChange change, boolean dropPrivileges) {
        fileSystem.setAttributes(paths.inode(path).id(), change, ApolloFileSystem.NO_HANDLE, dropPrivileges);
    }

    private long inode(String path, FuseFileInfo info) {
        long handle = info.fh.get();
        return handle == ApolloFileSystem.NO_HANDLE ? paths.inode(path).id() : fileSystem.inodeOf(handle);
    }

    private int opened(FuseFileInfo info, OpenReply reply) {
        info.fh.set(reply.handle());
        int flags = reply.direct() ? DIRECT_IO : reply.keepCache() ? KEEP_CACHE : 0;
        Struct.getMemory(info).putInt(FILE_INFO_FLAGS, flags);
        return 0;
    }

    private int fill(FileStat stat, Inode inode) {
        stat.st_ino.set(inode.id());
        stat.st_mode.set(inode.mode());
        stat.st_nlink.set(inode.linkCount());
        stat.st_uid.set(inode.uid());
        stat.st_gid.set(inode.gid());
        stat.st_size.set(inode.size());
        stat.st_blksize.set(ioLength);
        stat.st_blocks.set(Attributes.blocks(inode.size()));
        fill(stat.st_atim, inode.atimeNs());
        fill(stat.st_mtim, inode.mtimeNs());
        fill(stat.st_ctim, inode.ctimeNs());
        return 0;
    }

    private static void fill(Timespec time, long timeNs) {
        time.tv_sec.set(Math.floorDiv(timeNs, NANOS_PER_SECOND));
        time.tv_nsec.set(Math.floorMod(timeNs, NANOS_PER_SECOND));
    }

    private static long time(Timespec time) {
        long nanos = time.tv_nsec.longValue();
        if (nanos == UTIME_OMIT) {
            return KEEP;
        }
        return nanos == UTIME_NOW ? AttributeChange.NOW : time.tv_sec.get() * NANOS_PER_SECOND + nanos;
    }

    private long parent(String path) {
        return paths.parent(path);
    }

    private static byte[] name(String path) {
        return PathResolver.name(path);
    }

    private static int uid(FuseContext caller) {
        return (int) caller.uid.get();
    }

    private static int gid(FuseContext caller) {
        return (int) caller.gid.get();
    }

    /** What one thread needs to move bytes and names. */
    private static final class Transfer {
        private static final int MAX_PIECES = 256;

        final UnsafeBuffer buffer = new UnsafeBuffer(0, 0);
        final ReadResult result = new ReadResult(MAX_PIECES);
        final RequestView request = new RequestView();
        final FileStat stat = new FileStat(jnr.ffi.Runtime.getSystemRuntime());
        private final ByteBuffer name = ByteBuffer.allocateDirect(ApolloFileSystem.MAX_NAME_LENGTH + 1);

        Transfer() {
            // Struct memory comes on first use; a heap array would be copied with each call.
            stat.useMemory(jnr.ffi.Memory.allocateDirect(jnr.ffi.Runtime.getSystemRuntime(), Struct.size(stat), true));
        }

        ByteBuffer name(byte[] bytes) {
            if (bytes.length >= name.capacity()) {
                throw new FuseException(Errno.ENAMETOOLONG, "name too long: length=" + bytes.length);
            }
            return name.clear().put(bytes).put((byte) 0).flip();
        }
    }
}
