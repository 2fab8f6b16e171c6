package org.apollofs.profile.plan;

import java.util.ArrayList;
import java.util.List;
import org.apollofs.profile.sizing.Bandwidth;
import org.apollofs.profile.sizing.Checkpoint;
import org.apollofs.profile.sizing.Failures;
import org.apollofs.profile.sizing.Interval;
import org.apollofs.profile.sizing.Servers;

/** From a number of GPUs to a site. One plan; one thread. */
public final class Planner {
    private static final double PERCENT = 100;
    private static final double BYTES_PER_GB = 1e9;

    private final PlanRequest request;
    private final Assumptions assumptions;
    private final double overhead;

    private Planner(PlanRequest request, Assumptions assumptions) {
        this.request = request;
        this.assumptions = assumptions;
        this.overhead = request.layout().overhead();
    }

    /** Plans. @param request in range: see {@link PlanInput}. */
    public static SitePlan plan(PlanRequest request, Assumptions assumptions) {
        return new Planner(request, assumptions).plan();
    }

    private SitePlan plan() {
        double checkpoint = Checkpoint.bytes(request.parameters(), value(Assumption.Key.BYTES_PER_PARAMETER));
        double gpusPerJob = (double) request.gpus() / request.jobs();
        double mtbf = Failures.meanTimeSec(gpusPerJob, value(Assumption.Key.GPU_HOURS_PER_FAILURE));
        double needed = request.jobs()
                * Bandwidth.blockingBytesPerSec(checkpoint, value(Assumption.Key.SAVE_PERCENT) / PERCENT, mtbf);
        boolean given = request.writeBytesPerSec() > 0;
        double rate = given ? request.writeBytesPerSec() : needed;
        double capacity = capacity(checkpoint);
        double stallInterval = Interval.youngSec(value(Assumption.Key.STALL_SEC), mtbf);
        double asyncRate = request.jobs() * Bandwidth.asyncBytesPerSec(checkpoint, stallInterval);

        Deployment own = ownRacks(rate, capacity);
        Deployment trays = trays(rate, capacity);
        long hosts = ceil(request.gpus() / value(Assumption.Key.GPUS_PER_HOST));
        double hostsNetwork = hosts * value(Assumption.Key.HOST_NETWORK);
        double read = Math.min(hostsNetwork, Math.min(own.readBytesPerSec(), trays.readBytesPerSec()));
        double restoreOne = Bandwidth.restoreSec(checkpoint * request.jobs(), 1, read);
        double restoreAll = Bandwidth.restoreSec(checkpoint * request.jobs(), value(Assumption.Key.READERS), read);
        double restart = value(Assumption.Key.RESTART_SEC) + restoreOne;
        double save = Bandwidth.saveSec(checkpoint * request.jobs(), rate);
        double hostRate = Bandwidth.perHostBytesPerSec(rate, (double) hosts);
        SitePlan.Save blocking = save(save, mtbf, restart);
        double operations =
                request.gpus() * value(Assumption.Key.FILES_PER_RANK) * value(Assumption.Key.OPERATIONS_PER_FILE);
        return new SitePlan(
                request,
                assumptions,
                checkpoint,
                mtbf,
                rate,
                given ? "given" : "savePercent, model and failures: 2 S / (w^2 M)",
                capacity,
                capacityFrom(),
                blocking,
                save(value(Assumption.Key.STALL_SEC), mtbf, restart),
                asyncRate,
                hosts,
                hostRate,
                hostRate * overhead / value(Assumption.Key.HOST_NETWORK),
                hostRate / BYTES_PER_GB * value(Assumption.Key.CPU_SEC_PER_GB),
                read,
                restoreOne,
                restoreAll,
                capacity / (checkpoint * request.jobs()) * blocking.youngSec(),
                operations / save,
                Bandwidth.geoBytesPerSec(checkpoint, request.geoIntervalSec()),
                Bandwidth.roundTripSec(request.distanceKm()),
                own,
                trays);
    }

    private double capacity(double checkpoint) {
        if (request.capacityBytes() > 0) {
            return request.capacityBytes();
        }
        if (request.checkpointsKept() > 0) {
            double weights = Checkpoint.weightBytes(request.parameters(), Checkpoint.Precision.BF16);
            return Servers.capacityBytes(checkpoint, request.checkpointsKept(), request.jobs(), 0, weights);
        }
        return request.gpus() * value(Assumption.Key.CAPACITY_PER_GPU);
    }

    private String capacityFrom() {
        if (request.capacityBytes() > 0) {
            return "given";
        }
        return request.checkpointsKept() > 0 ? "checkpoints kept, and weights" : "bytes a GPU";
    }

    private static SitePlan.Save save(double saveSec, double mtbf, double restart) {
        return new SitePlan.Save(
                saveSec,
                Interval.youngSec(saveSec, mtbf),
                Interval.optimalSec(saveSec, mtbf, restart),
                Interval.youngWaste(saveSec, mtbf),
                Interval.restoreWaste(restart, mtbf),
                Interval.optimalWaste(saveSec, mtbf, restart));
    }

    private Deployment ownRacks(double rate, double capacity) {
        long byBandwidth = Servers.byBandwidth(rate, overhead, value(Assumption.Key.SERVER_WRITE));
        long byCapacity = Servers.byCapacity(
                capacity, overhead, value(Assumption.Key.FILL_PERCENT) / PERCENT, value(Assumption.Key.SERVER_BYTES));
        long width = (long) request.layout().chunks() * request.sites();
        long servers = Math.max(width, Math.max(byBandwidth, byCapacity));
        String limit = servers == byCapacity && byCapacity > byBandwidth
                ? "capacity"
                : servers == byBandwidth ? "bandwidth" : "width of the layout";
        long byHeight = (long) (value(Assumption.Key.RACK_UNITS) / value(Assumption.Key.SERVER_UNITS));
        long byPower = (long) (value(Assumption.Key.RACK_WATTS) / value(Assumption.Key.SERVER_WATTS));
        long perRack = Math.max(1, Math.min(byHeight, byPower));
        long least = ceil((double) servers / perRack);
        long racks = request.racks() > 0 ? request.racks() : Math.max(width, least);
        String rackLimit = request.racks() > 0
                ? "given"
                : least < width ? "width of the layout" : byPower < byHeight ? "power" : "height";
        String shortOf = racks < least ? "racks: " + servers + " servers take " + least : "";
        Part part = new Part(
                servers,
                racks,
                value(Assumption.Key.SERVER_WRITE),
                value(Assumption.Key.SERVER_READ),
                value(Assumption.Key.SERVER_BYTES));
        return deployment(
                "own racks",
                new long[] {byBandwidth, byCapacity},
                limit,
                part,
                rackLimit,
                0,
                servers * value(Assumption.Key.SERVER_WATTS),
                rate,
                shortOf);
    }

    private Deployment trays(double rate, double capacity) {
        long byBandwidth = Servers.byBandwidth(rate, overhead, value(Assumption.Key.TRAY_WRITE));
        long byCapacity = Servers.byCapacity(
                capacity, overhead, value(Assumption.Key.FILL_PERCENT) / PERCENT, value(Assumption.Key.TRAY_BYTES));
        long trays = ceil(request.gpus() / value(Assumption.Key.TRAY_GPUS));
        long racks = ceil(request.gpus() / value(Assumption.Key.RACK_GPUS));
        long siteRacks = ceil(racks * (1 + value(Assumption.Key.OTHER_RACKS_PERCENT) / PERCENT));
        List<String> missing = new ArrayList<>();
        if (byBandwidth > trays) {
            missing.add("bandwidth: takes " + byBandwidth + " trays");
        }
        if (byCapacity > trays) {
            missing.add("capacity: takes " + byCapacity + " trays");
        }
        if (racks / request.sites() < request.layout().chunks()) {
            missing.add("racks: the layout takes " + request.layout().chunks() + " a site");
        }
        Part part = new Part(
                trays,
                racks,
                value(Assumption.Key.TRAY_WRITE),
                value(Assumption.Key.TRAY_READ),
                value(Assumption.Key.TRAY_BYTES));
        return deployment(
                "GPU trays",
                new long[] {byBandwidth, byCapacity},
                byCapacity > byBandwidth ? "GPUs; of storage: capacity" : "GPUs; of storage: bandwidth",
                part,
                "GPUs",
                siteRacks,
                trays * value(Assumption.Key.TRAY_WATTS),
                rate,
                String.join("; ", missing));
    }

    /** Servers of one kind. */
    private record Part(
            long servers, long racks, double writeBytesPerSec, double readBytesPerSec, double serverBytes) {}

    private Deployment deployment(
            String name,
            long[] needed,
            String limit,
            Part part,
            String rackLimit,
            long siteRacks,
            double watts,
            double rate,
            String shortOf) {
        double drives = part.servers() * part.serverBytes();
        double fill = value(Assumption.Key.FILL_PERCENT) / PERCENT;
        long perRack = ceil((double) part.servers() / part.racks());
        double rackBytes = perRack * part.serverBytes() * fill;
        double others = Math.max(1, part.servers() - perRack) * value(Assumption.Key.REPAIR_PERCENT) / PERCENT;
        // Each chunk of it is computed from k others.
        double rebuild = Math.max(
                rackBytes * request.layout().dataChunks() / (others * part.readBytesPerSec()),
                rackBytes / (others * part.writeBytesPerSec()));
        long racksPerSite = part.racks() / request.sites();
        long chunksPerRack = ceil(request.layout().chunks() / (double) Math.max(1, racksPerSite));
        return new Deployment(
                name,
                needed[0],
                needed[1],
                part.servers(),
                limit,
                part.racks(),
                perRack,
                rackLimit,
                siteRacks,
                watts,
                part.servers() * part.writeBytesPerSec() / overhead,
                part.servers() * part.readBytesPerSec(),
                drives,
                drives / overhead * fill,
                rate * overhead / part.racks(),
                rackBytes,
                rebuild,
                (int) (request.layout().parityChunks() / chunksPerRack),
                shortOf);
    }

    private double value(Assumption.Key key) {
        return assumptions.value(key);
    }

    private static long ceil(double value) {
        return (long) Math.ceil(value * (1 - 1e-12));
    }
}
