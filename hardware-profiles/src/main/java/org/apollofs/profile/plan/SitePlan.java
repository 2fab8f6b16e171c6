package org.apollofs.profile.plan;

import java.util.List;

/**
 * A planned site. Seconds, bytes and bytes a second; shares of time from 0 to 1.
 *
 * @param mtbfSec between failures of one job.
 * @param writeBytesPerSec that all hosts need together.
 * @param rateFrom which input gives that rate.
 * @param capacityFrom which input gives the capacity.
 * @param blocking saves that stop training until they are durable, at that rate.
 * @param async saves that stop training for the copy to host memory.
 * @param asyncBytesPerSec what asynchronous saves need.
 * @param readBytesPerSec of the smaller deployment, by the hosts' network at most.
 * @param restoreOneSec where one reader of a group broadcasts.
 * @param restoreAllSec where each replica reads.
 * @param saturationSec until the capacity is full of checkpoints, if nothing is deleted.
 */
public record SitePlan(
        PlanRequest request,
        Assumptions assumptions,
        double checkpointBytes,
        double mtbfSec,
        double writeBytesPerSec,
        String rateFrom,
        double capacityBytes,
        String capacityFrom,
        Save blocking,
        Save async,
        double asyncBytesPerSec,
        long hosts,
        double hostWriteBytesPerSec,
        double hostNetworkShare,
        double hostCores,
        double readBytesPerSec,
        double restoreOneSec,
        double restoreAllSec,
        double saturationSec,
        double namespacePerSec,
        double geoBytesPerSec,
        double commitRoundTripSec,
        Deployment ownRacks,
        Deployment trays) {
    /**
     * A way to save.
     *
     * @param saveSec how long it stops training.
     * @param youngSec Young's interval, save not included.
     * @param optimalSec the interval with the best availability, save included.
     * @param youngWaste share lost to saves and lost work at Young's interval.
     * @param restoreWaste share lost to restarts.
     * @param totalWaste share lost in all at the best interval.
     */
    public record Save(
            double saveSec,
            double youngSec,
            double optimalSec,
            double youngWaste,
            double restoreWaste,
            double totalWaste) {}

    /** Both deployments. */
    public List<Deployment> deployments() {
        return List.of(ownRacks, trays);
    }
}
