package org.apollofs.dataplane.stripe;

/** Where a read's verified bytes go, in file order. */
public interface ReadSink {
    /** Most slabs that a sink may hold for one read; it copies what comes beyond. */
    int MAX_HELD = 4;

    /**
     * Takes bytes of a slab. The sink adds itself as a holder if it keeps the address; else it copies.
     *
     * @param slab what the bytes lie in; held by the caller during the call.
     */
    void accept(SharedSlab slab, long address, int length);
}
