package org.apollofs.io.device;

import org.apollofs.io.buffer.Slab;

/**
 * Size and granule of a device, and the check that every operation passes: a breach is a bug of the caller.
 *
 * @param name what error messages call the device: its path.
 * @param capacity usable bytes, a multiple of {@code blockLength}.
 * @param blockLength bytes of a logical block.
 */
public record DeviceGeometry(String name, long capacity, int blockLength) {
    /**
     * @throws IllegalArgumentException if the block length is no power of two or does not divide the capacity.
     */
    public DeviceGeometry {
        if (Integer.bitCount(blockLength) != 1 || capacity < blockLength || capacity % blockLength != 0) {
            throw new IllegalArgumentException("device geometry: path=" + name + ", capacity=" + capacity
                    + ", blockLength=" + blockLength + " (a power of two that divides the capacity)");
        }
    }

    /**
     * Checks one operation.
     *
     * @throws IllegalArgumentException if a number is not a multiple of the block or a range does not fit.
     */
    public void check(long deviceOffset, Slab slab, int slabOffset, int length) {
        long mask = blockLength - 1L;
        if (((deviceOffset | slabOffset | length) & mask) != 0
                || deviceOffset < 0
                || slabOffset < 0
                || length <= 0
                || deviceOffset > capacity - length
                || slabOffset > slab.capacity() - length) {
            throw new IllegalArgumentException("device operation out of range or misaligned: path=" + name + ", offset="
                    + deviceOffset + ", length=" + length + ", slabOffset=" + slabOffset + ", slabCapacity="
                    + slab.capacity() + ", capacity=" + capacity + ", blockLength=" + blockLength);
        }
    }
}
