package org.apollofs.io.device;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.agrona.BufferUtil;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.Libc;

/**
 * Which registered buffer of an io_uring a slab lies in. A pool's region is registered in pieces of whole slabs, because
 * the kernel takes at most 1 GiB as one buffer.
 */
final class RegisteredBuffers {
    private static final long MAX_PIECE_LENGTH = 1L << 30;
    private static final int MAX_PIECES = 1 << 14;

    private final SlabPool[] pools;
    private final int[] firstPieces;
    private final int[] slabsPerPiece;
    private final int pieceCount;

    RegisteredBuffers(List<SlabPool> slabPools) {
        pools = slabPools.toArray(new SlabPool[0]);
        firstPieces = new int[pools.length];
        slabsPerPiece = new int[pools.length];
        int pieces = 0;
        for (int i = 0; i < pools.length; i++) {
            firstPieces[i] = pieces;
            slabsPerPiece[i] = (int) Math.max(1, MAX_PIECE_LENGTH / pools[i].slabLength());
            pieces += (pools[i].slabCount() + slabsPerPiece[i] - 1) / slabsPerPiece[i];
        }
        pieceCount = pieces;
    }

    boolean isEmpty() {
        return pieceCount == 0;
    }

    /** Bytes of all pools: what registration pins. */
    long length() {
        long length = 0;
        for (SlabPool pool : pools) {
            length += pool.region().byteSize();
        }
        return length;
    }

    /** Registers every piece; returns 0 or -errno. */
    int register(IoUring ring) {
        if (pieceCount > MAX_PIECES) {
            return -Errno.E2BIG;
        }
        ByteBuffer iovecs = BufferUtil.allocateDirectAligned(pieceCount * Libc.IOVEC_LENGTH, Long.BYTES)
                .order(ByteOrder.nativeOrder());
        for (int i = 0; i < pools.length; i++) {
            long pieceLength = (long) slabsPerPiece[i] * pools[i].slabLength();
            long regionLength = pools[i].region().byteSize();
            long regionAddress = pools[i].slab(0).address();
            for (long offset = 0; offset < regionLength; offset += pieceLength) {
                iovecs.putLong(regionAddress + offset).putLong(Math.min(pieceLength, regionLength - offset));
            }
        }
        return ring.register(IoUring.REGISTER_BUFFERS, BufferUtil.address(iovecs), pieceCount);
    }

    /** The buffer a slab lies in, or -1 if its pool is not registered. */
    int indexOf(Slab slab) {
        for (int i = 0; i < pools.length; i++) {
            if (pools[i] == slab.pool()) {
                return firstPieces[i] + slab.index() / slabsPerPiece[i];
            }
        }
        return -1;
    }
}
