package org.apollofs.dataplane.stripe;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.checksum.BlockChecksums;
import org.apollofs.transport.Lane;

/**
 * One data chunk on its way: bytes in a slab, first without a place, then in a stripe.
 *
 * <p>Filled and placed under its file's lock; from then on its bytes do not change. The stripe lets go of the slab once
 * it is durable; readers who hold it keep it until then.
 */
public final class Chunk {
    private final SharedSlab slab;
    private int length;
    private volatile Stripe stripe;
    private int index;
    private UnsafeBuffer checksums;
    /** Of the bytes so far, once some were copied in; null if they all came with the slab. */
    private BlockChecksums copied;

    /** Takes a slab over. @param length bytes in it already. */
    public Chunk(Slab slab, int length) {
        this.slab = new SharedSlab(slab);
        this.length = length;
    }

    /** The slab; to be read only while held. */
    public SharedSlab slab() {
        return slab;
    }

    /** Bytes of payload. */
    public int length() {
        return length;
    }

    /** Appends bytes. Under the file's lock, before {@link #place}. */
    public void append(DirectBuffer source, int offset, int count) {
        if (copied == null) {
            copied = new BlockChecksums(slab.slab().address(), slab.slab().capacity(), Lane.CHECKSUM_BLOCK_LENGTH);
            copied.take(length);
        }
        copied.append(source, offset, count);
        length += count;
    }

    /** The stripe, or null while the chunk has no place yet. */
    public Stripe stripe() {
        return stripe;
    }

    /** Place in the stripe. */
    public int index() {
        return index;
    }

    void place(Stripe inStripe, int atIndex) {
        index = atIndex;
        stripe = inStripe;
    }

    UnsafeBuffer buffer() {
        return slab.slab().buffer();
    }

    UnsafeBuffer checksums() {
        return checksums;
    }

    void computeChecksums() {
        checksums = copied != null ? copied.toBuffer() : Checksums.of(buffer(), length);
        copied = null;
    }

    /** The stripe needs the bytes no more. */
    void onFinal() {
        checksums = null;
        slab.release();
    }
}
