package org.apollofs.profile.probe;

import java.util.List;

/**
 * What a machine is. Immutable.
 *
 * @param cores processors that are online.
 * @param isa of the instruction sets that matter, those it has.
 * @param caches as "L2 2048K".
 * @param nodes NUMA nodes.
 * @param memoryBytes of memory.
 * @param memoryLimitBytes what the cgroup lets it use; all of it without a limit.
 * @param kernel its release.
 * @param fuse whether /dev/fuse is there.
 * @param ioUring "allowed", "forbidden" or "not known".
 * @param openFiles limit of descriptors; -1 for none.
 * @param lockedBytes limit of locked memory; -1 for none.
 * @param container what kind, or "none".
 * @param virtual whether a hypervisor is below.
 * @param isal path of the library ISA-L, or empty.
 */
public record Machine(
        String host,
        String cpu,
        int cores,
        List<String> isa,
        List<String> caches,
        List<Node> nodes,
        long memoryBytes,
        long memoryLimitBytes,
        List<Nic> nics,
        List<Drive> drives,
        List<FileSystem> fileSystems,
        String kernel,
        boolean fuse,
        String ioUring,
        long openFiles,
        long lockedBytes,
        String container,
        boolean virtual,
        String isal) {
    /** A NUMA node. */
    public record Node(int id, String cpus, long memoryBytes) {}

    /** A file system on a device. */
    public record FileSystem(String path, String type, String device, long sizeBytes, long freeBytes) {}
}
