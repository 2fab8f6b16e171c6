package org.apollofs.profile.plan;

import java.util.Locale;
import org.apollofs.profile.Count;

/** What is shown of a plan. */
public final class PlanFigures {
    private static final double PERCENT = 100;

    private final SitePlan plan;
    private final Figures figures = new Figures();

    private PlanFigures(SitePlan plan) {
        this.plan = plan;
    }

    /** All figures of a plan, and the numbers that it goes by. */
    public static Figures of(SitePlan plan) {
        PlanFigures all = new PlanFigures(plan);
        all.job();
        all.rate();
        all.saves();
        all.restore();
        all.hosts();
        plan.deployments().forEach(all::deployment);
        all.between();
        all.assumptions();
        return all.figures;
    }

    private void job() {
        PlanRequest request = plan.request();
        figures.section("Plan for " + String.format(Locale.ROOT, "%,d", request.gpus()) + " GPUs, "
                        + Count.format(request.parameters()) + " parameters, layout "
                        + request.layout().notation())
                .number("gpus", "GPUs", request.gpus(), Unit.PLAIN)
                .number("parameters", "parameters", request.parameters(), Unit.PLAIN)
                .number("jobs", "jobs", request.jobs(), Unit.PLAIN)
                .text("layout", "layout", request.layout().notation())
                .number("checkpointBytes", "checkpoint", plan.checkpointBytes(), Unit.BYTES)
                .number("mtbfSec", "time between failures of a job", plan.mtbfSec(), Unit.SECONDS);
    }

    private void rate() {
        figures.section("What is needed")
                .number("writeBytesPerSec", "write rate", plan.writeBytesPerSec(), Unit.RATE, plan.rateFrom())
                .number(
                        "writeBytesPerSecPerGpu",
                        "  per GPU",
                        plan.writeBytesPerSec() / plan.request().gpus(),
                        Unit.RATE)
                .number("asyncBytesPerSec", "write rate, asynchronous saves", plan.asyncBytesPerSec(), Unit.RATE)
                .number(
                        "capacityBytes",
                        "capacity that users fill",
                        plan.capacityBytes(),
                        Unit.BYTES,
                        plan.capacityFrom())
                .number("saturationSec", "  full after, if nothing is deleted", plan.saturationSec(), Unit.SECONDS)
                .number("namespacePerSec", "namespace operations in a save", plan.namespacePerSec(), Unit.PER_SECOND)
                .number(
                        "namespaceShare",
                        "  of what the namespace does",
                        plan.namespacePerSec() / plan.assumptions().value(Assumption.Key.NAMESPACE_RATE) * PERCENT,
                        Unit.PERCENT);
    }

    private void saves() {
        save("blocking", "Blocking saves at that rate", plan.blocking());
        save("async", "Asynchronous saves", plan.async());
    }

    private void save(String key, String title, SitePlan.Save save) {
        figures.section(title)
                .number(key + ".saveSec", "training stops for", save.saveSec(), Unit.SECONDS)
                .number(key + ".youngSec", "interval, Young", save.youngSec(), Unit.SECONDS)
                .number(key + ".optimalSec", "interval, best availability", save.optimalSec(), Unit.SECONDS)
                .number(
                        key + ".savePercent",
                        "lost to saves and failed work",
                        save.youngWaste() * PERCENT,
                        Unit.PERCENT)
                .number(key + ".restorePercent", "lost to restarts", save.restoreWaste() * PERCENT, Unit.PERCENT)
                .number(
                        key + ".totalPercent",
                        "lost in all, best interval",
                        save.totalWaste() * PERCENT,
                        Unit.PERCENT,
                        save.youngWaste() > 0.2 ? "Young's interval does not hold here" : "");
    }

    private void restore() {
        figures.section("Restore")
                .number("readBytesPerSec", "read rate", plan.readBytesPerSec(), Unit.RATE, "of the slower deployment")
                .number("restoreOneSec", "one reader of a group, then broadcast", plan.restoreOneSec(), Unit.SECONDS)
                .number("restoreAllSec", "each replica reads", plan.restoreAllSec(), Unit.SECONDS);
    }

    private void hosts() {
        figures.section("GPU hosts")
                .number("hosts", "hosts", plan.hosts(), Unit.PLAIN)
                .number("hostWriteBytesPerSec", "a host writes", plan.hostWriteBytesPerSec(), Unit.RATE)
                .number(
                        "hostNetworkPercent",
                        "  of its network, parity included",
                        plan.hostNetworkShare() * PERCENT,
                        Unit.PERCENT)
                .number("hostCores", "  cores while it writes, at most", plan.hostCores(), Unit.PLAIN)
                .number(
                        "hostCoresPercent",
                        "  of its cores",
                        plan.hostCores() / plan.assumptions().value(Assumption.Key.HOST_CORES) * PERCENT,
                        Unit.PERCENT);
    }

    private void deployment(Deployment deployment) {
        String key = deployment.name().equals("own racks") ? "ownRacks." : "trays.";
        figures.section("Targets in " + deployment.name())
                .number(key + "servers", "servers", deployment.servers(), Unit.PLAIN, "set by " + deployment.limit())
                .number(key + "byBandwidth", "  by bandwidth", deployment.byBandwidth(), Unit.PLAIN)
                .number(key + "byCapacity", "  by capacity", deployment.byCapacity(), Unit.PLAIN)
                .number(key + "racks", "racks", deployment.racks(), Unit.PLAIN, "set by " + deployment.rackLimit());
        if (deployment.siteRacks() > 0) {
            figures.number(key + "siteRacks", "racks of the site", deployment.siteRacks(), Unit.PLAIN);
        }
        double spare = deployment.writeBytesPerSec() / plan.writeBytesPerSec();
        figures.number(key + "serversPerRack", "servers a rack, at most", deployment.serversPerRack(), Unit.PLAIN)
                .number(key + "watts", "power of storage", deployment.watts(), Unit.WATTS)
                .number(
                        key + "writeBytesPerSec",
                        "they take, parity aside",
                        deployment.writeBytesPerSec(),
                        Unit.RATE,
                        String.format(Locale.ROOT, "%.1f of what is needed", spare))
                .number(key + "readBytesPerSec", "they give", deployment.readBytesPerSec(), Unit.RATE)
                .number(key + "driveBytes", "drives", deployment.driveBytes(), Unit.BYTES)
                .number(
                        key + "afterParityBytes",
                        "  after parity",
                        deployment.driveBytes() / plan.request().layout().overhead(),
                        Unit.BYTES)
                .number(key + "usableBytes", "  that users may fill", deployment.usableBytes(), Unit.BYTES)
                .number(
                        key + "parityBytes",
                        "  that parity takes",
                        deployment.driveBytes()
                                * (1 - 1 / plan.request().layout().overhead()),
                        Unit.BYTES)
                .number(
                        key + "rackInBytesPerSec",
                        "network into a rack, parity included",
                        deployment.rackInBytesPerSec(),
                        Unit.RATE)
                .number(
                        key + "serverInBytesPerSec",
                        "  into a server",
                        deployment.rackInBytesPerSec() * deployment.racks() / deployment.servers(),
                        Unit.RATE)
                .number(
                        key + "rackLossPercent",
                        "a rack lost: bandwidth and capacity less",
                        PERCENT / deployment.racks(),
                        Unit.PERCENT,
                        deployment.survives() > 0
                                ? "no data lost with " + deployment.survives() + " at once"
                                : "DATA IS LOST: more chunks of a stripe in a rack than there is parity")
                .number(key + "rackBytes", "  bytes to bring back", deployment.rackBytes(), Unit.BYTES)
                .number(key + "rebuildSec", "  within, under load", deployment.rebuildSec(), Unit.SECONDS)
                .text(key + "shortOf", "short of", deployment.shortOf().isEmpty() ? "nothing" : deployment.shortOf());
    }

    private void between() {
        PlanRequest request = plan.request();
        if (request.sites() > 1) {
            figures.section("Between " + request.sites() + " sites")
                    .number("geoBytesPerSec", "copies of checkpoints", plan.geoBytesPerSec(), Unit.RATE)
                    .number("geoGbitPerSec", "  Gbit/s", plan.geoBytesPerSec() * 8 / 1e9, Unit.PLAIN)
                    .number(
                            "commitRoundTripSec",
                            "a commit waits at least",
                            plan.commitRoundTripSec(),
                            Unit.SECONDS,
                            "1 ms per 100 km, there and back");
        }
    }

    private void assumptions() {
        figures.section("What it goes by");
        for (Assumption assumption : plan.assumptions().all()) {
            figures.number(
                    "assumptions." + assumption.key().name().toLowerCase(Locale.ROOT),
                    assumption.key().label(),
                    assumption.value(),
                    assumption.key().unit(),
                    assumption.basis().name().toLowerCase(Locale.ROOT) + ": " + assumption.source());
        }
    }
}
