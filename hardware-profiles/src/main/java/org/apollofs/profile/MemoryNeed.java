package org.apollofs.profile;

/**
 * Memory that a profile's buffers take from the start, since they are touched before use. In bytes.
 *
 * @param hostSlabBytes slabs of the mount.
 * @param targetSlabBytes slabs of all targets.
 * @param laneBytes term buffers: three for each publication, one to and one from each target.
 */
public record MemoryNeed(long hostSlabBytes, long targetSlabBytes, long laneBytes) {
    private static final int TERMS = 3;
    private static final int DIRECTIONS = 2;

    /** What a machine with this profile needs. */
    public static MemoryNeed of(HardwareProfile profile) {
        long chunk = profile.layout().chunkLength();
        MachineProfile.Role role = profile.machine().role();
        boolean mounts = role == MachineProfile.Role.EMBEDDED
                || role == MachineProfile.Role.HOST
                || profile.machine().gpus() > 0;
        int targets = profile.targets().size();
        return new MemoryNeed(
                mounts ? profile.engine().hostSlabs() * chunk : 0,
                profile.engine().targetSlabs() * chunk * targets,
                lanes(profile.lanes(), targets));
    }

    /** Terms of lanes to so many targets, at one end. */
    public static long lanes(LaneProfile lanes, long laneCount) {
        return TERMS * DIRECTIONS * laneCount * lanes.termLength();
    }

    /** All of it. */
    public long totalBytes() {
        return hostSlabBytes + targetSlabBytes + laneBytes;
    }
}
