package org.apollofs.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apollofs.dataplane.client.DataClient;
import org.apollofs.dataplane.stripe.TargetHealth;
import org.apollofs.dataplane.target.StorageTarget;
import org.apollofs.fuse.MountCounters;
import org.apollofs.io.chunk.ChunkStoreStatistics;
import org.apollofs.io.chunk.StageLatency;
import org.apollofs.io.chunk.StoreCounter;
import org.apollofs.io.erasure.ErasureCode;
import org.apollofs.profile.ByteSize;
import org.apollofs.profile.LayoutProfile;
import org.apollofs.transport.aeron.seal.SealCounter;

/** What a node says of itself: to the operator at start, and as JSON to {@code apollo status}. */
final class NodeStatus {
    private static final ObjectMapper JSON = new ObjectMapper();

    private NodeStatus() {}

    /** The lines of a start. */
    static void describe(Node node, PrintWriter out) {
        LayoutProfile layout = node.options().profile().layout();
        int missing = node.targets().leftOut().size();
        line(
                out,
                "site",
                node.files().record().siteId() + (node.files().isFresh() ? " (new)" : "") + ", dir="
                        + node.options().folder().root());
        line(
                out,
                "layout",
                layout.notation() + ", chunks of " + ByteSize.format(layout.chunkLength()) + ", targets="
                        + node.options().profile().targets().size()
                        + (missing == 0
                                ? ""
                                : ", DEGRADED: missing="
                                        + node.targets().leftOut().keySet()));
        line(out, "device", devices(node));
        line(
                out,
                "erasure",
                layout.parityChunks() == 0
                        ? "none: a lost target loses data"
                        : ErasureCode.of(layout.dataChunks(), layout.parityChunks())
                                .describe());
        int level = node.options().profile().namespace().fileSyncLevel();
        line(out, "namespace", "members=1, file sync level " + level + (level == 0 ? " (NOT durable)" : " (durable)"));
        line(
                out,
                "mount",
                node.mount().mount().mountPoint() + ", " + node.mount().mount().description());
    }

    private static void line(PrintWriter out, String name, String text) {
        out.printf(Locale.ROOT, "%-10s %s%n", name, text);
    }

    private static String devices(Node node) {
        return node.targets().targets().stream()
                .map(target -> target.statistics().store().device())
                .findFirst()
                .orElse("none");
    }

    /** The answer to {@code status}. */
    static void fill(Node node, ObjectNode status) {
        status.put("siteId", node.files().record().siteId().toString());
        SiteHealth.Finding finding = check(node);
        // Writes and reads go through; that is not all there is to say while a further loss would be one of data.
        boolean isHealthy =
                finding.isHealthy() && RepairReport.isWhole(node.repair().status());
        SiteHealth.State state = finding.isHealthy() && !isHealthy ? SiteHealth.State.DEGRADED : finding.state();
        status.put("state", node.isFailed() ? "failed" : state.word());
        fillHealth(node, finding, status.putObject("health"));
        status.put("pid", ProcessHandle.current().pid());
        status.put("uptimeSeconds", node.uptimeSeconds());
        status.put("layout", node.options().profile().layout().notation());
        status.put("chunkLength", node.options().profile().layout().chunkLength());
        status.put("profile", node.options().profile().source());
        ObjectNode mount = status.putObject("mount");
        mount.put("path", node.mount().mount().mountPoint().toString());
        mount.put("backend", node.mount().mount().backend());
        mount.put("description", node.mount().mount().description());
        ObjectNode mountCounters = mount.putObject("counters");
        for (MountCounters.Counter counter : MountCounters.Counter.values()) {
            mountCounters.put(jsonName(counter.name()), node.mount().counters().get(counter));
        }
        ObjectNode namespace = status.putObject("namespace");
        namespace.put("id", node.namespace().identity().id().toString());
        namespace.put("generation", node.namespace().identity().generation());
        namespace.put("session", node.client().targets().session());
        namespace.put("sessionWorks", finding.sessionWorks());
        namespace.put("inodes", finding.inodes());
        namespace.put("fileSyncLevel", node.options().profile().namespace().fileSyncLevel());
        namespace.put("leader", node.namespace().member().isLeader());
        namespace.put("spaceLow", node.namespace().member().isSpaceLow());
        DataClient.Space space = node.client().space();
        status.putObject("space").put("totalBytes", space.totalBytes()).put("freeBytes", space.freeBytes());
        ObjectNode client = status.putObject("client");
        client.setAll((ObjectNode) JSON.valueToTree(node.client().counters()));
        client.put("copiesPerByteWritten", node.client().counters().copiesPerByteWritten());
        status.set("garbage", JSON.valueToTree(node.garbage().status()));
        status.set("sweep", JSON.valueToTree(node.sweep().status()));
        ObjectNode seals = status.putObject("seals");
        for (SealCounter counter : SealCounter.values()) {
            seals.put(jsonName(counter.name()), node.seal().counters().get(counter));
        }
        fillTargets(node, status.putArray("targets"));
        RepairReport.fill(node.repair().status(), status);
    }

    private static SiteHealth.Finding check(Node node) {
        try {
            return node.health().check(SiteHealth.PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the site was asked how it is", e);
        }
    }

    private static void fillHealth(Node node, SiteHealth.Finding finding, ObjectNode health) {
        health.put("why", finding.why());
        health.put("provedAt", time(finding.provedAtMs()));
        health.put("stalledSince", time(finding.stalledSinceMs()));
        health.put(
                "oldestRequestMs",
                TimeUnit.NANOSECONDS.toMillis(node.mount().mount().oldestRequestNs()));
        SiteHealth.Fault fault = node.health().lastFault();
        health.put("lastError", fault == null ? null : fault.text());
        health.put("lastErrorAt", fault == null ? null : time(fault.atMs()));
    }

    /** A time for people and programs, or null for 0. */
    private static String time(long epochMs) {
        return epochMs == 0
                ? null
                : Instant.ofEpochMilli(epochMs).truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static void fillTargets(Node node, ArrayNode list) {
        for (StorageTarget target : node.targets().targets()) {
            ChunkStoreStatistics store = target.statistics().store();
            ObjectNode entry = list.addObject();
            entry.put("id", target.targetId());
            entry.put("state", store.writable() ? "serving" : "read-only");
            entry.put("capacityBytes", store.capacityBytes());
            entry.put("freeBytes", store.freeBytes());
            entry.put("chunks", store.chunkCount());
            entry.put("device", store.device());
            TargetHealth lane = node.client().targets().health(target.targetId());
            entry.put("lane", lane.state());
            entry.put("laneNote", lane.reason());
            if (store.outOfServiceReason() != null) {
                entry.put("note", store.outOfServiceReason());
            }
            ObjectNode counters = entry.putObject("counters");
            for (Map.Entry<StoreCounter, Long> counter : store.counters().entrySet()) {
                counters.put(jsonName(counter.getKey().name()), counter.getValue());
            }
            ObjectNode stages = entry.putObject("stages");
            for (StageLatency latency : store.latencies()) {
                stages.putObject(jsonName(latency.stage().name()))
                        .put("count", latency.count())
                        .put("p50Ns", latency.p50Ns())
                        .put("p99Ns", latency.p99Ns())
                        .put("p999Ns", latency.p999Ns())
                        .put("maxNs", latency.maxNs());
            }
        }
        node.targets()
                .leftOut()
                .forEach((id, why) ->
                        list.addObject().put("id", id).put("state", "left out").put("note", why));
    }

    /** WRITE_BYTES as writeBytes. */
    static String jsonName(String constant) {
        StringBuilder name = new StringBuilder();
        boolean upper = false;
        for (char c : constant.toLowerCase(Locale.ROOT).toCharArray()) {
            if (c == '_') {
                upper = true;
            } else {
                name.append(upper ? Character.toUpperCase(c) : c);
                upper = false;
            }
        }
        return name.toString();
    }
}
