package org.apollofs.dataplane.client;

import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.dataplane.stripe.DataCounters;
import org.apollofs.dataplane.stripe.ReadSink;
import org.apollofs.dataplane.stripe.SharedSlab;
import org.apollofs.dataplane.stripe.StripeReader;

/**
 * Puts a read's pieces into its result: large ones as they lie in their slabs, small ones copied together, so that a
 * result has few pieces and holds few slabs. Reused by its thread.
 */
final class ResultBuilder implements ReadSink {
    /** A smaller piece is cheaper copied than handed to the kernel by itself. */
    private static final int LEAST_DIRECT = 16 * 1024;

    private final StripeReader reader;
    private final DataCounters counters;
    private final SharedSlab zeros;
    private final UnsafeBuffer source = new UnsafeBuffer(0, 0);
    private ReadResult result;
    private SharedSlab gather;
    private int gatherStart;
    private int gatherEnd;
    private int held;

    /** @param zeros a slab full of zeros, held for ever. */
    ResultBuilder(StripeReader reader, DataCounters counters, SharedSlab zeros) {
        this.reader = reader;
        this.counters = counters;
        this.zeros = zeros;
    }

    void begin(ReadResult destination) {
        result = destination;
        gather = null;
        gatherStart = 0;
        gatherEnd = 0;
        held = 0;
    }

    @Override
    public void accept(SharedSlab slab, long address, int length) {
        if (length >= LEAST_DIRECT && held < MAX_HELD && slab.tryRetain()) {
            endGathered();
            held++;
            result.add(address, length);
            result.own(slab);
        } else {
            source.wrap(address, length);
            room(length).putBytes(gatherEnd, source, 0, length);
            gatherEnd += length;
            counters.onGathered(length);
        }
    }

    void acceptZeros(int length) {
        if (length >= LEAST_DIRECT && length <= zeros.slab().capacity()) {
            endGathered();
            result.add(zeros.slab().address(), length);
        } else {
            room(length).setMemory(gatherEnd, length, (byte) 0);
            gatherEnd += length;
        }
    }

    void acceptBytes(byte[] bytes, int start, int length) {
        room(length).putBytes(gatherEnd, bytes, start, length);
        gatherEnd += length;
        counters.onGathered(length);
    }

    /** No read is longer than a slab, so one is enough. */
    private UnsafeBuffer room(int length) {
        if (gather == null) {
            gather = reader.acquire();
            result.own(gather);
        }
        gather.slab().buffer().boundsCheck(gatherEnd, length);
        return gather.slab().buffer();
    }

    private void endGathered() {
        if (gatherEnd > gatherStart) {
            result.add(gather.slab().address() + gatherStart, gatherEnd - gatherStart);
            gatherStart = gatherEnd;
        }
    }

    /** Completes the result. */
    void finish() {
        endGathered();
        result = null;
        gather = null;
    }
}
