package org.apollofs.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows how a running site is: the process answers itself, over its control socket. */
@Command(name = "status", description = "Show how a running site is: targets, namespace, client, mount.")
final class StatusCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--dir", required = true, paramLabel = "DIR", description = "Folder of the running site.")
    private Path dir;

    @Option(names = "--json", description = "Print all there is as JSON.")
    private boolean json;

    @Override
    public Integer call() throws java.io.IOException {
        JsonNode status = ControlClient.ask(SiteFolder.of(dir), "status");
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(status));
        } else {
            StatusText.print(status, out);
        }
        out.flush();
        return ExitCode.OK.code();
    }

    /** The same for people. */
    static final class StatusText {
        private static final long SLOW_REQUEST_MS = 1_000;

        private StatusText() {}

        static void print(JsonNode status, PrintWriter out) {
            out.println("site       " + text(status, "siteId") + " (" + text(status, "state") + "), layout "
                    + text(status, "layout") + ", up "
                    + status.path("uptimeSeconds").asLong() + " s, pid "
                    + text(status, "pid"));
            JsonNode mount = status.path("mount");
            out.println("mount      "
                    + (mount.isMissingNode() ? "none" : text(mount, "path") + " (" + text(mount, "description") + ")"));
            printHealth(status, out);
            JsonNode namespace = status.path("namespace");
            long inodes = namespace.path("inodes").asLong();
            out.println("namespace  " + (inodes < 0 ? "no answer" : inodes + " inodes") + ", session "
                    + text(namespace, "session")
                    + (namespace.path("sessionWorks").asBoolean() ? "" : " (NOT PROVED TO WORK)") + ", sync level "
                    + text(namespace, "fileSyncLevel")
                    + (namespace.path("spaceLow").asBoolean()
                            ? ", its DISK IS NEARLY FULL: what grows is refused"
                            : ""));
            JsonNode space = status.path("space");
            out.println("space      " + bytes(space.path("freeBytes").asLong()) + " free of "
                    + bytes(space.path("totalBytes").asLong()) + " for files");
            for (JsonNode line : status.path("sweep").path("waiting")) {
                out.println("sweep      " + line.asText() + "; see 'apollo target sweep'");
            }
            RepairReport.print(status, out);
            out.println();
            out.printf(
                    Locale.ROOT,
                    "%-7s %-12s %-14s %12s %12s %10s  %s%n",
                    "target",
                    "state",
                    "lane",
                    "size",
                    "free",
                    "chunks",
                    "note");
            for (JsonNode target : status.path("targets")) {
                out.printf(
                        Locale.ROOT,
                        "%-7d %-12s %-14s %12s %12s %10d  %s%n",
                        target.path("id").asInt(),
                        text(target, "state"),
                        text(target, "lane"),
                        bytes(target.path("capacityBytes").asLong()),
                        bytes(target.path("freeBytes").asLong()),
                        target.path("chunks").asLong(),
                        (RepairReport.note(target) + " "
                                        + target.path("laneNote").asText(""))
                                .strip());
            }
        }

        /** What users find: a write and a read that went through, or what is in their way. */
        private static void printHealth(JsonNode status, PrintWriter out) {
            JsonNode health = status.path("health");
            String why = health.path("why").asText("");
            if (!why.isEmpty()) {
                out.println("because    " + why);
            }
            out.println("proof      "
                    + (health.hasNonNull("provedAt")
                            ? "a write and a read of every target went through at " + text(health, "provedAt")
                            : "none: no write and read of every target has gone through")
                    + (health.hasNonNull("stalledSince")
                            ? "; NO ANSWER SINCE " + health.get("stalledSince").asText()
                            : ""));
            long oldestMs = health.path("oldestRequestMs").asLong();
            if (oldestMs >= SLOW_REQUEST_MS) {
                out.println("waiting    a request of the mount has waited for " + oldestMs / 1000 + " s");
            }
            if (health.hasNonNull("lastError")) {
                out.println("last error " + text(health, "lastErrorAt") + " "
                        + health.get("lastError").asText());
            }
        }

        private static String text(JsonNode node, String field) {
            return node.path(field).asText("-");
        }

        private static String bytes(long count) {
            if (count >= 1L << 30) {
                return String.format(Locale.ROOT, "%.1f GiB", count / (double) (1L << 30));
            }
            return String.format(Locale.ROOT, "%.1f MiB", count / (double) (1L << 20));
        }
    }
}
