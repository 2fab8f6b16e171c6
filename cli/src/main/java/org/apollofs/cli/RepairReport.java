package org.apollofs.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Locale;
import org.apollofs.dataplane.repair.JobRecord;
import org.apollofs.dataplane.repair.JobState;
import org.apollofs.dataplane.repair.Redundancy;
import org.apollofs.dataplane.repair.RepairStatus;

/** What repair says in {@code apollo status}: which redundancy is left, what is being done, how long it takes. */
final class RepairReport {
    private RepairReport() {}

    /** Whether nothing is known to be missing. */
    static boolean isWhole(RepairStatus status) {
        return status.redundancy().stripesAtRisk() == 0 && status.hopeless().isEmpty();
    }

    /** Adds it to the answer to {@code status}; the targets stand there already. */
    static void fill(RepairStatus status, ObjectNode answer) {
        ObjectNode redundancy = answer.putObject("redundancy");
        redundancy
                .put("known", status.surveyed())
                .put(
                        "listed",
                        status.surveyed()
                                ? Instant.ofEpochMilli(status.surveyedMs()).toString()
                                : null)
                .put("stripes", status.redundancy().stripes())
                .put("bytes", status.redundancy().bytes())
                .put("stripesAtRisk", status.redundancy().stripesAtRisk())
                .put("bytesAtRisk", status.redundancy().bytesAtRisk());
        ArrayNode risks = redundancy.putArray("atRisk");
        for (Redundancy.Risk risk : status.redundancy().risks()) {
            risks.addObject()
                    .put("parityLeft", risk.spare())
                    .put("parity", risk.parity())
                    .put("stripes", risk.stripes())
                    .put("bytes", risk.bytes())
                    .put("text", risk.describe());
        }
        ObjectNode repair = answer.putObject("repair");
        repair.put("state", status.state().name().toLowerCase(Locale.ROOT))
                .put("reason", status.reason())
                .put("stripesDone", status.progress().stripesDone())
                .put("stripesLeft", status.progress().stripesLeft())
                .put("bytesPerSecond", status.progress().bytesPerSecond())
                .put("secondsLeft", status.progress().secondsLeft())
                .put("chunksWritten", status.counts().chunksWritten())
                .put("bytesMoved", status.counts().bytesMoved())
                .put("stripesLooked", status.counts().stripesLooked())
                .put("suspects", status.counts().suspects())
                .put("suspectsDropped", status.counts().suspectsDropped())
                .put("chunksTakenBack", status.counts().chunksTakenBack());
        status.hopeless().forEach(repair.putArray("hopeless")::add);
        fillScrub(status.scrub(), repair);
        for (JsonNode target : answer.path("targets")) {
            RepairStatus.TargetFindings findings =
                    status.targets().get(target.path("id").asInt());
            if (findings != null) {
                ((ObjectNode) target)
                        .put("missingChunks", findings.missing())
                        .put("badChunks", findings.damaged())
                        .put("repairedChunks", findings.written());
            }
        }
    }

    private static void fillScrub(JobRecord scrub, ObjectNode repair) {
        if (scrub != null) {
            repair.putObject("scrub")
                    .put("started", Instant.ofEpochMilli(scrub.startedMs()).toString())
                    .put("stripesDone", scrub.done())
                    .put("chunksFound", scrub.found())
                    .put(
                            "lastEnded",
                            scrub.lastEndedMs() == 0
                                    ? null
                                    : Instant.ofEpochMilli(scrub.lastEndedMs()).toString());
        }
    }

    /** The same for people. */
    static void print(JsonNode status, PrintWriter out) {
        JsonNode redundancy = status.path("redundancy");
        JsonNode repair = status.path("repair");
        if (!redundancy.path("known").asBoolean()) {
            out.println("redundancy not known yet: the targets are being listed");
        } else if (redundancy.path("atRisk").isEmpty()) {
            out.println("redundancy whole: " + redundancy.path("stripes").asLong()
                    + " stripes, when the targets were last listed, "
                    + redundancy.path("listed").asText());
        } else {
            for (JsonNode risk : redundancy.path("atRisk")) {
                out.printf(
                        Locale.ROOT,
                        "at risk    %s (%.1f MiB of files)%n",
                        risk.path("text").asText(),
                        risk.path("bytes").asLong() / (double) (1 << 20));
            }
        }
        out.println("repair     " + describe(repair));
        repair.path("hopeless").forEach(line -> out.println("           " + line.asText()));
        JsonNode scrub = repair.path("scrub");
        if (!scrub.isMissingNode()) {
            String ended = scrub.path("lastEnded").asText("");
            out.println("scrub      " + scrub.path("stripesDone").asLong() + " stripes since "
                    + scrub.path("started").asText() + ", "
                    + scrub.path("chunksFound").asLong() + " bad chunks"
                    + (ended.isEmpty() || ended.equals("null") ? "" : ", the last one ended " + ended));
        }
    }

    private static String describe(JsonNode repair) {
        JobState state =
                JobState.valueOf(repair.path("state").asText("planning").toUpperCase(Locale.ROOT));
        String reason = repair.path("reason").asText();
        long written = repair.path("chunksWritten").asLong();
        String soFar = written == 0 ? "" : " (" + written + " chunks written since the start)";
        return switch (state) {
            case PLANNING -> "finding out what is missing";
            case RUNNING -> progress(repair);
            case PAUSED -> "waiting, " + repair.path("stripesLeft").asLong() + " stripes left: " + reason;
            case DONE -> "nothing to do" + soFar;
            case FAILED -> "FAILED: " + reason;
        };
    }

    private static String progress(JsonNode repair) {
        long done = repair.path("stripesDone").asLong();
        long left = repair.path("stripesLeft").asLong();
        long seconds = repair.path("secondsLeft").asLong();
        return String.format(
                Locale.ROOT,
                "%d of %d stripes, %.1f MB/s, %s",
                done,
                done + left,
                repair.path("bytesPerSecond").asLong() / 1e6,
                seconds < 0 ? "time left not known" : seconds + " s left");
    }

    /** A target's note, and what was found wrong with it. */
    static String note(JsonNode target) {
        StringBuilder note = new StringBuilder(target.path("note").asText(""));
        append(note, target.path("missingChunks").asLong(), " chunks missing");
        append(note, target.path("badChunks").asLong(), " bad chunks found");
        append(note, target.path("repairedChunks").asLong(), " repaired");
        return note.toString();
    }

    private static void append(StringBuilder note, long count, String what) {
        if (count > 0) {
            note.append(note.isEmpty() ? "" : ", ").append(count).append(what);
        }
    }
}
