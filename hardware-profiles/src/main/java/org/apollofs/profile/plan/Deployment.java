package org.apollofs.profile.plan;

/**
 * Where targets stand, and what that takes.
 *
 * @param name "own racks" or "GPU trays".
 * @param byBandwidth servers that the write rate takes, parity included.
 * @param byCapacity servers that the capacity takes, parity and free space included.
 * @param servers that there are: the larger, or all trays.
 * @param limit what sets their number.
 * @param racks that they stand in, over all sites.
 * @param serversPerRack at most.
 * @param rackLimit what sets the number of racks.
 * @param siteRacks racks of the whole site; 0 where GPUs are none of this plan's business.
 * @param watts that storage takes.
 * @param writeBytesPerSec that all servers take, parity aside.
 * @param readBytesPerSec that all servers give.
 * @param driveBytes of all drives.
 * @param usableBytes that users may fill.
 * @param rackInBytesPerSec that a rack's servers receive at the plan's rate, parity included.
 * @param rackBytes of user data and parity in a rack that is as full as it may be.
 * @param rebuildSec to bring back what stood in a rack, under load.
 * @param survives racks that may be lost at once without losing data.
 * @param shortOf what is missing; empty if nothing is.
 */
public record Deployment(
        String name,
        long byBandwidth,
        long byCapacity,
        long servers,
        String limit,
        long racks,
        long serversPerRack,
        String rackLimit,
        long siteRacks,
        double watts,
        double writeBytesPerSec,
        double readBytesPerSec,
        double driveBytes,
        double usableBytes,
        double rackInBytesPerSec,
        double rackBytes,
        double rebuildSec,
        int survives,
        String shortOf) {}
