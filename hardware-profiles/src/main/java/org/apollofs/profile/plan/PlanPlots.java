package org.apollofs.profile.plan;

import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.apollofs.profile.sizing.Bandwidth;
import org.apollofs.profile.sizing.Interval;
import org.apollofs.profile.sizing.Servers;

/** The plots of a plan: waste against bandwidth, time to restore, what limits where. */
public final class PlanPlots {
    private static final int POINTS = 60;
    private static final double PERCENT = 100;
    /** How far the axes go to either side of the plan. */
    private static final double SPREAD = 30;

    private PlanPlots() {}

    /** All of them. */
    public static List<Plot> of(SitePlan plan) {
        return List.of(waste(plan), restore(plan), limits(plan));
    }

    private static Plot waste(SitePlan plan) {
        double[] rates = around(plan.writeBytesPerSec());
        double checkpoint = plan.checkpointBytes() * plan.request().jobs();
        double restart = plan.assumptions().value(Assumption.Key.RESTART_SEC) + plan.restoreOneSec();
        DoubleUnaryOperator young =
                rate -> PERCENT * Interval.youngWaste(Bandwidth.saveSec(checkpoint, rate), plan.mtbfSec());
        DoubleUnaryOperator best =
                rate -> PERCENT * Interval.optimalWaste(Bandwidth.saveSec(checkpoint, rate), plan.mtbfSec(), restart);
        return new Plot(
                "waste",
                "Time lost, against write bandwidth",
                "write bandwidth of all hosts",
                Unit.RATE,
                "share of time lost",
                Unit.PERCENT,
                List.of(
                        line(
                                "blocking, saves and failed work",
                                rates,
                                rate -> Math.min(PERCENT, young.applyAsDouble(rate))),
                        line("blocking, with restarts, best interval", rates, best),
                        line("asynchronous, with restarts", rates, rate -> async(plan, checkpoint, rate, restart))),
                List.of(new Plot.Mark(
                        "this plan", plan.writeBytesPerSec(), young.applyAsDouble(plan.writeBytesPerSec()))));
    }

    /** The interval is the best one, or as long as the write takes where that is longer. */
    private static double async(SitePlan plan, double checkpoint, double rate, double restart) {
        double stall = plan.assumptions().value(Assumption.Key.STALL_SEC);
        double interval = Math.max(
                Interval.optimalSec(stall, plan.mtbfSec(), restart), stall + Bandwidth.saveSec(checkpoint, rate));
        return PERCENT * (1 - Interval.availability(interval, stall, plan.mtbfSec(), restart));
    }

    private static Plot restore(SitePlan plan) {
        double[] rates = around(plan.readBytesPerSec());
        double checkpoint = plan.checkpointBytes() * plan.request().jobs();
        double readers = plan.assumptions().value(Assumption.Key.READERS);
        return new Plot(
                "restore",
                "Time to read a checkpoint back",
                "read bandwidth",
                Unit.RATE,
                "time",
                Unit.SECONDS,
                List.of(
                        line(
                                "one reader of a group, then broadcast",
                                rates,
                                rate -> Bandwidth.restoreSec(checkpoint, 1, rate)),
                        line(
                                Unit.PLAIN.format(readers) + " replicas read",
                                rates,
                                rate -> Bandwidth.restoreSec(checkpoint, readers, rate))),
                List.of(new Plot.Mark("this plan", plan.readBytesPerSec(), plan.restoreOneSec())));
    }

    private static Plot limits(SitePlan plan) {
        double[] capacities = around(plan.capacityBytes());
        Assumptions by = plan.assumptions();
        double overhead = plan.request().layout().overhead();
        double fill = by.value(Assumption.Key.FILL_PERCENT) / PERCENT;
        double bandwidth = plan.ownRacks().byBandwidth();
        double trays = plan.trays().servers();
        return new Plot(
                "limits",
                "What sets the number of servers",
                "capacity that users fill",
                Unit.BYTES,
                "servers",
                Unit.PLAIN,
                List.of(
                        line(
                                "own racks, by capacity",
                                capacities,
                                bytes -> Servers.byCapacity(
                                        bytes, overhead, fill, by.value(Assumption.Key.SERVER_BYTES))),
                        line("own racks, by bandwidth", capacities, bytes -> bandwidth),
                        line(
                                "trays, by capacity",
                                capacities,
                                bytes ->
                                        Servers.byCapacity(bytes, overhead, fill, by.value(Assumption.Key.TRAY_BYTES))),
                        line("trays there are", capacities, bytes -> trays)),
                List.of(
                        new Plot.Mark(
                                "own racks",
                                plan.capacityBytes(),
                                plan.ownRacks().servers()),
                        new Plot.Mark("trays", plan.capacityBytes(), trays)));
    }

    private static double[] around(double middle) {
        double[] values = new double[POINTS + 1];
        for (int i = 0; i <= POINTS; i++) {
            values[i] = middle / SPREAD * Math.pow(SPREAD * SPREAD, (double) i / POINTS);
        }
        return values;
    }

    private static Plot.Line line(String label, double[] x, DoubleUnaryOperator function) {
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] = function.applyAsDouble(x[i]);
        }
        return new Plot.Line(label, x, y);
    }
}
