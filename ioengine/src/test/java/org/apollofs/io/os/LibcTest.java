package org.apollofs.io.os;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibcTest {
    @TempDir
    Path folder;

    @Test
    void shouldWriteAndReadAtOffsets() throws Exception {
        Path path = folder.resolve("file");
        int fd = Libc.open(path.toString(), OpenFlags.O_CREAT | OpenFlags.O_RDWR | OpenFlags.O_CLOEXEC, 0600);
        assertTrue(fd >= 0, Errno.name(fd));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment source = arena.allocateFrom("0123456789");
            assertEquals(10, Libc.pwrite(fd, source.address(), 10, 5_000_000_000L));
            MemorySegment iovecs = arena.allocate(2 * Libc.IOVEC_LENGTH, 8);
            MemorySegment first = arena.allocate(4);
            MemorySegment second = arena.allocate(16);
            iovecs.set(ValueLayout.JAVA_LONG, 0, first.address());
            iovecs.set(ValueLayout.JAVA_LONG, 8, 4);
            iovecs.set(ValueLayout.JAVA_LONG, 16, second.address());
            iovecs.set(ValueLayout.JAVA_LONG, 24, 16);
            assertEquals(10, Libc.preadv(fd, iovecs.address(), 2, 5_000_000_000L));
            assertEquals('3', first.get(ValueLayout.JAVA_BYTE, 3));
            assertEquals("456789", second.getString(0));
        }
        assertEquals(0, Libc.fdatasync(fd));
        assertEquals(0, Libc.ftruncate(fd, 8192));
        FileStatus status = FileStatus.of(fd);
        assertEquals(8192, status.size());
        assertTrue(status.isRegularFile());
        assertEquals(0, Libc.fallocate(fd, 0, 0, 1 << 20));
        assertEquals(1 << 20, FileStatus.of(fd).size());
        assertTrue(FileStatus.of(fd).allocated() >= 1 << 20);
        assertEquals(0, Libc.close(fd));
        assertEquals(-Errno.EBADF, Libc.close(fd));
        assertEquals(1 << 20, Files.size(path));
    }

    @Test
    void shouldReturnTheErrorNumberNegative() {
        int result = Libc.open(folder.resolve("absent").toString(), OpenFlags.O_RDONLY, 0);
        assertEquals(-Errno.ENOENT, result);
        assertEquals(-Errno.EBADF, Libc.pread(-1, 0, 0, 0));
        assertEquals(-Errno.EINVAL, Libc.umount2(folder.toString(), 0));
        assertEquals(
                "open failed: path=absent, errno=ENOENT",
                new OsException("open failed: path=absent", result).getMessage());
        assertEquals(Errno.ENOENT, new OsException("open failed", result).errno());
        assertEquals("ENOSPC", Errno.name(-28));
        assertEquals("errno 4711", Errno.name(4711));
    }

    @Test
    void shouldMapMemory() {
        long address =
                Libc.mmap(0, 8192, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
        assertTrue(address > 0);
        assertEquals(0, Libc.madvise(address, 8192, Libc.MADV_DONTNEED));
        assertEquals(0, Libc.munmap(address, 8192));
        assertEquals(-Errno.EBADF, Libc.mmap(0, 4096, Libc.PROT_READ, Libc.MAP_SHARED, -1, 0));
    }

    @Test
    void shouldLockOutASecondOpening() throws Exception {
        Path path = Files.createFile(folder.resolve("lock"));
        int first = Libc.open(path.toString(), OpenFlags.O_RDWR, 0);
        int second = Libc.open(path.toString(), OpenFlags.O_RDWR, 0);
        assertEquals(0, Libc.flock(first, Libc.LOCK_EX | Libc.LOCK_NB));
        assertEquals(-Errno.EAGAIN, Libc.flock(second, Libc.LOCK_EX | Libc.LOCK_NB));
        assertEquals(0, Libc.close(first));
        assertEquals(0, Libc.flock(second, Libc.LOCK_EX | Libc.LOCK_NB));
        assertEquals(0, Libc.close(second));
    }

    @Test
    void shouldPassThroughAPipeAndPoll() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pair = arena.allocate(8, 4);
            assertEquals(0, Libc.pipe2(pair.address(), OpenFlags.O_CLOEXEC));
            int in = pair.get(ValueLayout.JAVA_INT, 0);
            int out = pair.get(ValueLayout.JAVA_INT, 4);
            MemorySegment pollFd = arena.allocate(Libc.POLLFD_LENGTH, 4);
            pollFd.set(ValueLayout.JAVA_INT, 0, in);
            pollFd.set(ValueLayout.JAVA_SHORT, 4, Libc.POLLIN);
            MemorySegment timeout = arena.allocate(16, 8);
            assertEquals(0, Libc.poll(pollFd.address(), 1, timeout.address()));
            assertEquals(3, Libc.write(out, arena.allocateFrom("abc").address(), 3));
            assertEquals(1, Libc.poll(pollFd.address(), 1, timeout.address()));
            assertEquals(3, Libc.read(in, arena.allocate(8).address(), 8));
            assertEquals(0, Libc.close(in));
            assertEquals(0, Libc.close(out));
        }
    }
}
