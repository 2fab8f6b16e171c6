package org.apollofs.fuse.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.dataplane.client.ReadResult;
import org.apollofs.fuse.FuseException;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.Libc;

/**
 * One descriptor of /dev/fuse and the buffers for one request at a time. One thread: a reply must go out where its request
 * came in. After the constructor nothing allocates. Owns the descriptor and the memory; {@link #close()} ends both.
 *
 * <p>A request is received in two pieces: its first 80 bytes here, the rest wherever the caller wants it. 80 bytes are the
 * fixed part of a WRITE, so the payload of a write lies at the very start of the second piece.
 */
final class KernelChannel implements AutoCloseable {
    /** Most pieces of memory that one read's answer may consist of. */
    static final int MAX_PIECES = 256;
    /** Bytes that {@link #out} has after the header: a page of a listing, or an extended attribute. */
    static final int OUT_CAPACITY = 128 * 1024;
    /** Most bytes of a request other than WRITE that are looked at: an extended attribute of 64 KiB and its name. */
    static final int REQUEST_CAPACITY = 68 * 1024;

    private static final int NOTIFY_LENGTH = FuseProtocol.OUT_HEADER_LENGTH + 24;

    private final int fd;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment requestMemory = arena.allocate(REQUEST_CAPACITY, 8);
    private final MemorySegment outMemory = arena.allocate(FuseProtocol.OUT_HEADER_LENGTH + OUT_CAPACITY, 8);
    private final MemorySegment notifyMemory = arena.allocate(NOTIFY_LENGTH, 8);
    private final MemorySegment inVectors = arena.allocate(2L * Libc.IOVEC_LENGTH, 8);
    private final MemorySegment outVectors = arena.allocate((1L + MAX_PIECES) * Libc.IOVEC_LENGTH, 8);
    private final UnsafeBuffer inVector = buffer(inVectors);
    private final UnsafeBuffer outVector = buffer(outVectors);
    private final UnsafeBuffer notification = buffer(notifyMemory);
    private final UnsafeBuffer spill = new UnsafeBuffer(0, 0);

    /** The request: its first 80 bytes, and after {@link #gather} what follows them. */
    final UnsafeBuffer request = buffer(requestMemory);
    /** The reply under construction; its result goes behind {@link FuseProtocol#OUT_HEADER_LENGTH}. */
    final UnsafeBuffer out = buffer(outMemory);

    KernelChannel(int fd) {
        this.fd = fd;
        setVector(inVector, 0, requestMemory.address(), FuseProtocol.WRITE_HEADER_LENGTH);
        setVector(outVector, 0, outMemory.address(), FuseProtocol.OUT_HEADER_LENGTH);
    }

    int fd() {
        return fd;
    }

    /**
     * Waits for a request.
     *
     * @param payload address for what follows its first 80 bytes.
     * @param capacity bytes there: at least the negotiated max_write, or the kernel answers EINVAL.
     * @return bytes received, or -errno: ENODEV once unmounted.
     */
    long receive(long payload, int capacity) {
        setVector(inVector, 1, payload, capacity);
        return Libc.readv(fd, inVectors.address(), 2);
    }

    /** Brings what follows the first 80 bytes of a request behind them in {@link #request}. @return bytes there now. */
    int gather(long payload, int length) {
        int rest = Math.min(length, REQUEST_CAPACITY) - FuseProtocol.WRITE_HEADER_LENGTH;
        if (rest <= 0) {
            return length;
        }
        spill.wrap(payload, rest);
        request.putBytes(FuseProtocol.WRITE_HEADER_LENGTH, spill, 0, rest);
        return FuseProtocol.WRITE_HEADER_LENGTH + rest;
    }

    /**
     * A zero-terminated string in {@link #request}, after {@link #gather}.
     *
     * @param start its first byte.
     * @param end of the request.
     * @throws FuseException EINVAL if it does not end within the request.
     */
    byte[] name(int start, int end) {
        int zero = start;
        while (zero < end && request.getByte(zero) != 0) {
            zero++;
        }
        if (zero >= end) {
            throw new FuseException(Errno.EINVAL, "fuse: name without an end: at=" + start);
        }
        byte[] name = new byte[zero - start];
        request.getBytes(start, name);
        return name;
    }

    /** Sends a reply without a result. @param errno positive, or 0 for success. @return 0, or -errno. */
    int replyError(long unique, int errno) {
        return send(unique, -errno, 0);
    }

    /** Sends {@code length} bytes of {@link #out}, behind the header, as the result. @return 0, or -errno. */
    int reply(long unique, int length) {
        return send(unique, 0, length);
    }

    /** Sends pieces of memory as the result: the kernel copies them from where they lie. @return 0, or -errno. */
    int replyPieces(long unique, ReadResult pieces) {
        header(unique, 0, pieces.length());
        int count = pieces.segmentCount();
        for (int i = 0; i < count; i++) {
            setVector(outVector, 1 + i, pieces.address(i), pieces.length(i));
        }
        setVector(outVector, 0, outMemory.address(), FuseProtocol.OUT_HEADER_LENGTH);
        return result(Libc.writev(fd, outVectors.address(), 1 + count));
    }

    /**
     * Tells the kernel to forget the attributes of an inode, not its pages: that takes no page lock, so a worker may do it
     * while it answers a request.
     *
     * @return 0, or -errno: ENOENT if the kernel does not know the inode.
     */
    int invalidateAttributes(long inode) {
        notification.putInt(FuseProtocol.OUT_LENGTH, NOTIFY_LENGTH);
        notification.putInt(FuseProtocol.OUT_ERROR, FuseProtocol.NOTIFY_INVAL_INODE);
        notification.putLong(FuseProtocol.OUT_UNIQUE, 0);
        notification.putLong(FuseProtocol.OUT_HEADER_LENGTH, inode);
        notification.putLong(FuseProtocol.OUT_HEADER_LENGTH + 8, -1);
        notification.putLong(FuseProtocol.OUT_HEADER_LENGTH + 16, 0);
        return result(Libc.write(fd, notifyMemory.address(), NOTIFY_LENGTH));
    }

    /** Ends the descriptor and frees the memory. Not while a request is under way. */
    @Override
    public void close() {
        Libc.close(fd);
        arena.close();
    }

    private int send(long unique, int error, int length) {
        header(unique, error, length);
        return result(Libc.write(fd, outMemory.address(), FuseProtocol.OUT_HEADER_LENGTH + length));
    }

    private void header(long unique, int error, int length) {
        out.putInt(FuseProtocol.OUT_LENGTH, FuseProtocol.OUT_HEADER_LENGTH + length);
        out.putInt(FuseProtocol.OUT_ERROR, error);
        out.putLong(FuseProtocol.OUT_UNIQUE, unique);
    }

    private static int result(long written) {
        return written >= 0 || written == -Errno.EINTR ? 0 : (int) written;
    }

    private static void setVector(UnsafeBuffer vectors, int index, long address, long length) {
        vectors.putLong(index * Libc.IOVEC_LENGTH, address);
        vectors.putLong(index * Libc.IOVEC_LENGTH + 8, length);
    }

    private static UnsafeBuffer buffer(MemorySegment memory) {
        return new UnsafeBuffer(memory.address(), (int) memory.byteSize());
    }
}
