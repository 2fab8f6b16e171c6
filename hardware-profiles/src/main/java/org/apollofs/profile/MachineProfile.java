package org.apollofs.profile;

/**
 * The machine that a profile is for. Zero means that the profile does not say.
 *
 * @param cores processors.
 * @param memoryBytes of memory.
 * @param gpus GPUs.
 * @param nics network ports that carry chunks.
 * @param nicGbitPerSec Gbit/s of one of them.
 * @param writeBytesPerSec bytes a second that all targets take together, parity included, for hours.
 * @param readBytesPerSec bytes a second that all targets give together.
 * @param rackUnits height; 0 for what is in the rack anyway.
 * @param watts power that storage adds.
 */
public record MachineProfile(
        Role role,
        int cores,
        long memoryBytes,
        int gpus,
        int nics,
        int nicGbitPerSec,
        long writeBytesPerSec,
        long readBytesPerSec,
        int rackUnits,
        int watts) {
    /** Says nothing. */
    public static final MachineProfile UNKNOWN = new MachineProfile(Role.EMBEDDED, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /** What runs there. */
    public enum Role {
        /** A whole site in one process. */
        EMBEDDED,
        /** A GPU host: it mounts. */
        HOST,
        /** A storage server: targets of a site. */
        SERVER,
        /** A member of the namespace. */
        MEMBER
    }

    /** Bytes a second that its network ports carry, each way. */
    public double networkBytesPerSec() {
        return nics * (nicGbitPerSec * 1e9 / 8);
    }
}
