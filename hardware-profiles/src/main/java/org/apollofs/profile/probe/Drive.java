package org.apollofs.profile.probe;

/**
 * A block device.
 *
 * @param name as in /sys/block.
 * @param identity stable path below /dev/disk/by-id, or empty.
 * @param sizeBytes its size.
 * @param logicalBlock bytes of its smallest write.
 * @param physicalBlock bytes of what it writes inside.
 * @param writeCache "write back" for a volatile cache that is on, "write through" for none.
 * @param queues hardware queues.
 * @param numaNode node that it is attached to; -1 if there is none.
 * @param rotational a disk that turns.
 * @param inUse what has it: where it is mounted, or who holds it; empty if nobody.
 */
public record Drive(
        String name,
        String identity,
        String model,
        String serial,
        String firmware,
        long sizeBytes,
        int logicalBlock,
        int physicalBlock,
        String writeCache,
        String scheduler,
        int queues,
        int numaNode,
        boolean rotational,
        String inUse) {
    /** Whether it speaks NVMe. */
    public boolean isNvme() {
        return name.startsWith("nvme");
    }
}
