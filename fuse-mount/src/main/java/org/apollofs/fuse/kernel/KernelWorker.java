package org.apollofs.fuse.kernel;

import static org.apollofs.fuse.MountCounters.Counter.REQUESTS;
import static org.apollofs.fuse.MountCounters.Counter.SLAB_POOL_EMPTY;
import static org.apollofs.fuse.MountCounters.Counter.UNWANTED_REPLIES;

import java.lang.foreign.Arena;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.fuse.FuseException;
import org.apollofs.fuse.MountCounters;
import org.apollofs.fuse.RequestFailures;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.os.Errno;

/**
 * Receives requests on one descriptor and answers them, one after the other, until the file system is unmounted. Runs once,
 * on a thread of its own, and frees its channel when it ends.
 *
 * <p>It receives into a slab of the data client, which a large write hands on. When the pool is empty it receives into
 * memory of its own instead of waiting: the slabs may be held by open files whose close or fsync is the next request.
 */
final class KernelWorker implements Runnable {
    private final KernelChannel channel;
    private final Operations operations;
    private final SlabPool slabs;
    private final MountCounters counters;
    private final RequestFailures failures;
    private final int maxWrite;
    private final NanoClock clock;
    /** When the request under way was begun; 0: none is. Any thread may read it. */
    private final AtomicLong begunNs = new AtomicLong();

    private Arena reserveArena;
    private UnsafeBuffer reserve;
    private Slab slab;

    KernelWorker(
            KernelChannel channel,
            Operations operations,
            SlabPool slabs,
            int maxWrite,
            RequestFailures failures,
            NanoClock clock) {
        this.clock = clock;
        this.channel = channel;
        this.operations = operations;
        this.slabs = slabs;
        this.counters = operations.counters();
        this.maxWrite = maxWrite;
        this.failures = failures;
    }

    @Override
    public void run() {
        try {
            while (serve()) {
                counters.increment(REQUESTS);
            }
        } finally {
            close();
        }
    }

    /** How long its request has waited, in ns; 0 if it has none. Any thread. */
    long waitedNs() {
        long since = begunNs.get();
        return since == 0 ? 0 : clock.nanoTime() - since;
    }

    /** Frees what the worker holds. Not while it runs. */
    void close() {
        channel.close();
        if (slab != null) {
            slab.release();
            slab = null;
        }
        if (reserveArena != null) {
            reserveArena.close();
        }
    }

    /** Receives and answers one request. @return false once unmounted. */
    private boolean serve() {
        UnsafeBuffer payload = payloadBuffer();
        long received = channel.receive(payload.addressOffset(), payload.capacity());
        if (received < 0) {
            return isToBeRetried((int) -received);
        }
        int length = channel.request.getInt(FuseProtocol.IN_LENGTH);
        if (received < FuseProtocol.IN_HEADER_LENGTH || length != received) {
            throw new IllegalStateException("fuse: truncated request: length=" + length + ", received=" + received);
        }
        answer(payload, length);
        return true;
    }

    private void answer(UnsafeBuffer payload, int length) {
        long unique = channel.request.getLong(FuseProtocol.IN_UNIQUE);
        int opcode = channel.request.getInt(FuseProtocol.IN_OPCODE);
        int result;
        begunNs.lazySet(clock.nanoTime());
        try {
            if (opcode == FuseProtocol.WRITE) {
                Slab handedOn = slab != null && operations.takesSlab() ? slab : null;
                if (handedOn != null) {
                    // From here on the slab is the data client's, also when the call throws.
                    slab = null;
                }
                result = operations.write(unique, payload, handedOn);
            } else {
                result = operations.answer(opcode, unique, payload, length);
            }
        } catch (RuntimeException failure) {
            int errno = failures.onFailure(failure, FuseProtocol.nameOf(opcode));
            if (opcode == FuseProtocol.WRITE || opcode == FuseProtocol.FSYNC || opcode == FuseProtocol.FLUSH) {
                operations.onWriteFailed();
            }
            boolean answered = opcode == FuseProtocol.WRITE && operations.hasReplied();
            result = answered ? 0 : channel.replyError(unique, errno);
        }
        begunNs.lazySet(0);
        onReplied(result, opcode);
    }

    private void onReplied(int result, int opcode) {
        if (result == 0) {
            return;
        }
        // ENOENT: the request was aborted. ENODEV, ECONNABORTED: unmounted; the next receive says so too.
        if (result == -Errno.ENOENT || result == -Errno.ENODEV || result == -Errno.ECONNABORTED) {
            counters.increment(UNWANTED_REPLIES);
            return;
        }
        failures.onBug(
                new FuseException(-result, "reply was refused by the kernel: request=" + FuseProtocol.nameOf(opcode)));
    }

    private static boolean isToBeRetried(int errno) {
        return switch (errno) {
            // ENOENT: the request was interrupted before it could be read.
            case Errno.EINTR, Errno.EAGAIN, Errno.ENOENT -> true;
            case Errno.ENODEV, Errno.ECONNABORTED -> false;
            default -> throw new FuseException(errno, "fuse: receiving failed");
        };
    }

    private UnsafeBuffer payloadBuffer() {
        if (slab == null) {
            slab = slabs.tryAcquire();
        }
        if (slab != null) {
            return slab.buffer();
        }
        counters.increment(SLAB_POOL_EMPTY);
        if (reserve == null) {
            reserveArena = Arena.ofShared();
            reserve = new UnsafeBuffer(
                    reserveArena.allocate(maxWrite, SlabPool.PAGE_LENGTH).address(), maxWrite);
        }
        return reserve;
    }
}
