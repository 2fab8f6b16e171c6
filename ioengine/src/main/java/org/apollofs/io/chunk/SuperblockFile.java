package org.apollofs.io.chunk;

import java.io.IOException;
import java.util.UUID;
import org.apollofs.io.chunk.TargetRefusedException.Reason;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads, checks, repairs and writes the two copies of a device's {@link Superblock}. Blocks: for open and format. */
final class SuperblockFile {
    private static final Logger LOG = LoggerFactory.getLogger(SuperblockFile.class);

    /** Stands for the number of a target that is not known yet. */
    static final int UNKNOWN_TARGET = -1;

    private SuperblockFile() {}

    /** Writes both copies, the second when the first is durable: a power cut leaves one of them whole. */
    static void write(SyncDevice device, Superblock superblock) throws IOException {
        superblock.encode(device.buffer(), 0);
        device.write("superblock write", 0, Superblock.LENGTH);
        device.sync("superblock sync");
        device.write("superblock write", superblock.secondCopyOffset(), Superblock.LENGTH);
        device.sync("superblock sync");
    }

    /**
     * Reads the superblock of a target and checks that it is the one that is expected. A damaged copy is written again
     * from the whole one, and a warning says so.
     *
     * @throws TargetRefusedException if it is not, or cannot be trusted.
     */
    static Superblock read(SyncDevice device, UUID siteId, int targetId) throws IOException {
        Examination examination = examine(device, targetId);
        Superblock superblock = examination.superblock();
        check(superblock, siteId, targetId, device.capacity());
        if (!examination.firstIntact() || !examination.secondIntact()) {
            String which = examination.firstIntact() ? "second" : "first";
            write(device, superblock);
            LOG.warn("superblock repaired: target={}, copy={}", targetId, which);
        }
        return superblock;
    }

    /** What the two copies say together, and which of them are whole. Only reads. */
    record Examination(Superblock superblock, boolean firstIntact, boolean secondIntact) {}

    /**
     * Reads the superblock of a target, whichever it is.
     *
     * @param targetId for messages.
     * @throws TargetRefusedException if it cannot be trusted.
     */
    static Examination examine(SyncDevice device, int targetId) throws IOException {
        Copy first = readCopy(device, 0);
        long secondOffset = first.superblock == null
                ? Superblock.secondCopyOffset(device.capacity())
                : first.superblock.secondCopyOffset();
        if (secondOffset < 0 || secondOffset + Superblock.LENGTH > device.capacity()) {
            throw refused(
                    Reason.OTHER_GEOMETRY,
                    targetId,
                    "the device is smaller than at format: deviceLength=" + device.capacity());
        }
        Copy second = readCopy(device, secondOffset);
        Superblock chosen = choose(first, second, targetId);
        // One with an older mark was not written yet when the power went.
        return new Examination(chosen, chosen.equals(first.superblock), chosen.equals(second.superblock));
    }

    private static Superblock choose(Copy first, Copy second, int targetId) throws TargetRefusedException {
        if (first.otherVersion >= 0 || second.otherVersion >= 0) {
            throw refused(
                    Reason.OTHER_VERSION,
                    targetId,
                    "format version "
                            + Math.max(first.otherVersion, second.otherVersion) + ", this build knows "
                            + Superblock.FORMAT_VERSION);
        }
        if (first.superblock != null && second.superblock != null) {
            if (!first.superblock.isSameTarget(second.superblock)) {
                throw refused(Reason.SUPERBLOCK_DAMAGED, targetId, "the two superblocks contradict each other");
            }
            return first.superblock.mark().generation()
                            >= second.superblock.mark().generation()
                    ? first.superblock
                    : second.superblock;
        }
        if (first.superblock != null) {
            return first.superblock;
        }
        if (second.superblock != null) {
            return second.superblock;
        }
        if (first.magic || second.magic) {
            throw refused(Reason.SUPERBLOCK_DAMAGED, targetId, "both superblocks are damaged");
        }
        throw refused(Reason.NOT_FORMATTED, targetId, "no superblock: never formatted, or overwritten");
    }

    private static void check(Superblock superblock, UUID siteId, int targetId, long capacity)
            throws TargetRefusedException {
        if (!superblock.siteId().equals(siteId)) {
            throw refused(Reason.OTHER_SITE, targetId, "it belongs to site " + superblock.siteId() + ", not " + siteId);
        }
        if (superblock.targetId() != targetId) {
            throw refused(Reason.OTHER_TARGET, targetId, "it is target " + superblock.targetId() + " of the site");
        }
        if (superblock.deviceLength() > capacity) {
            throw refused(
                    Reason.OTHER_GEOMETRY,
                    targetId,
                    "the device is smaller than at format: deviceLength=" + capacity + ", at format "
                            + superblock.deviceLength());
        }
    }

    private static TargetRefusedException refused(Reason reason, int targetId, String what) {
        String name = targetId == UNKNOWN_TARGET ? "" : " target=" + targetId + ":";
        return new TargetRefusedException(reason, "target refused:" + name + " " + what);
    }

    private static Copy readCopy(SyncDevice device, long offset) throws IOException {
        device.read("superblock read", offset, Superblock.LENGTH);
        boolean magic = Superblock.hasMagic(device.buffer(), 0);
        if (!Superblock.isIntact(device.buffer(), 0)) {
            return new Copy(null, magic, -1);
        }
        return Superblock.isKnownVersion(device.buffer(), 0)
                ? new Copy(Superblock.decode(device.buffer(), 0), true, -1)
                : new Copy(null, true, Superblock.version(device.buffer(), 0));
    }

    private record Copy(Superblock superblock, boolean magic, int otherVersion) {}
}
