package org.apollofs.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How far the sweep of a running site is, and its operator's word that what is dead may be deleted. */
@Command(
        name = "sweep",
        description = {
            "Show how far a running site is with deleting what was written and never committed.",
            "If that is more than a part of a target, it waits until it is confirmed."
        })
final class TargetSweepCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--dir", required = true, paramLabel = "DIR", description = "Folder of the running site.")
    private Path dir;

    @Option(
            names = "--confirm",
            paramLabel = "SITE-ID",
            description = "Delete what waits, however much of a target it is; the id is the site's.")
    private UUID confirm;

    @Override
    public Integer call() {
        SiteFolder folder = SiteFolder.of(dir);
        PrintWriter out = spec.commandLine().getOut();
        if (confirm == null) {
            JsonNode sweep = ControlClient.ask(folder, "status").path("sweep");
            out.println("deleted " + sweep.path("deleted").asLong() + " chunks, "
                    + (sweep.path("done").asBoolean() ? "done" : "not done"));
            sweep.path("waiting").forEach(line -> out.println(line.asText()));
        } else {
            ObjectNode request = new ObjectMapper().createObjectNode();
            request.put("command", "confirm-sweep").put("siteId", confirm.toString());
            JsonNode answer = ControlClient.ask(folder, request);
            out.println("confirmed for " + answer.path("waiting").size() + " targets");
        }
        out.flush();
        return ExitCode.OK.code();
    }
}
