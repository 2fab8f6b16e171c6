package org.apollofs.cli.profile;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.ProfileLoader;
import org.apollofs.profile.SiteProfile;
import org.apollofs.profile.plan.Assumptions;
import org.apollofs.profile.plan.Calibration;
import org.apollofs.profile.plan.Figures;
import org.apollofs.profile.plan.PlanFigures;
import org.apollofs.profile.plan.PlanInput;
import org.apollofs.profile.plan.PlanPage;
import org.apollofs.profile.plan.PlanPlots;
import org.apollofs.profile.plan.Planner;
import org.apollofs.profile.plan.Rule;
import org.apollofs.profile.plan.SitePlan;
import org.apollofs.profile.plan.SvgPlot;
import org.apollofs.profile.plan.Verification;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** From a number of GPUs to a site; or a profile held against the same rules. */
@Command(
        name = "plan",
        description = {
            "Plan a site for a number of GPUs: bandwidth, capacity, servers, racks, power, and which assumption gives"
                    + " which number. With --profile and --verify: what a profile is short of.",
            "Sizes: 2g, 2G, 2GiB are binary, 2GB is decimal. Rates are such sizes a second."
        })
public final class PlanCommand implements Callable<Integer> {
    private static final int DRIVES =
            ProfileLoader.load("storage-node-16nvme").targets().size();

    @Spec
    private CommandSpec spec;

    @Option(names = "--gpus", paramLabel = "N", description = "GPUs of all sites.")
    private String gpus;

    @Option(names = "--model", paramLabel = "P", description = "Parameters of the model, as 405B (default: 1.2T).")
    private String model;

    @Option(names = "--jobs", paramLabel = "N", description = "Jobs that train such a model at once (default: 1).")
    private String jobs;

    @Option(names = "--waste", paramLabel = "%%", description = "Time that blocking saves may cost (default: 2.5%%).")
    private String waste;

    @Option(names = "--per-gpu", paramLabel = "RATE", description = "Write rate for each GPU, in place of --waste.")
    private String perGpu;

    @Option(names = "--rate", paramLabel = "RATE", description = "Write rate of all hosts, in place of --waste.")
    private String rate;

    @Option(names = "--capacity", paramLabel = "SIZE", description = "What users fill (default: 9.8 TB a GPU).")
    private String capacity;

    @Option(names = "--keep", paramLabel = "N", description = "Checkpoints kept of each job, in place of --capacity.")
    private String keep;

    @Option(names = "--layout", paramLabel = "k+m", description = "Data and parity chunks (default: 8+2).")
    private String layout;

    @Option(names = "--racks", paramLabel = "N", description = "Racks of storage of its own (default: as few as do).")
    private String racks;

    @Option(names = "--sites", paramLabel = "N", description = "Sites that the GPUs are spread over (default: 1).")
    private String sites;

    @Option(names = "--distance", paramLabel = "KM", description = "To the nearest majority of the namespace.")
    private String distance;

    @Option(
            names = "--geo-interval",
            paramLabel = "SEC",
            description = "Between checkpoints that are copied to another site (default: 3600).")
    private String geoInterval;

    @Option(names = "--stall", paramLabel = "SEC", description = "Stall of an asynchronous save (default: 2).")
    private String stall;

    @Option(names = "--restart", paramLabel = "SEC", description = "Restart without reading (default: 300).")
    private String restart;

    @Option(names = "--readers", paramLabel = "N", description = "Replicas that read a checkpoint (default: 8).")
    private String readers;

    @Option(names = "--fill", paramLabel = "%%", description = "How full targets may be (default: 80%%).")
    private String fill;

    @Option(names = "--bytes-per-parameter", paramLabel = "B", description = "Of a checkpoint (default: 14).")
    private String bytesPerParameter;

    @Option(names = "--gpu-hours", paramLabel = "H", description = "GPU-hours between failures (default: 50000).")
    private String gpuHours;

    @Option(
            names = "--calibrate",
            paramLabel = "FILE",
            description = "JSON of 'apollo bench store' or 'bench kv': measured numbers in place of assumed ones.")
    private final List<Path> calibrate = new ArrayList<>();

    @Option(names = "--profile", paramLabel = "P", description = "Profile of a site or of a machine, with --verify.")
    private String profile;

    @Option(names = "--verify", description = "Hold the profile against the rules: what is short, and by how much.")
    private boolean verify;

    @Option(names = "--json", description = "Print JSON, in bytes, seconds and percent.")
    private boolean json;

    @Option(names = "--html", paramLabel = "FILE", description = "Write a page with plots.")
    private Path html;

    @Option(names = "--svg", paramLabel = "DIR", description = "Write the plots as SVG files.")
    private Path svg;

    @Override
    public Integer call() throws IOException {
        PlanInput input = new PlanInput()
                .set("--gpus", gpus)
                .set("--model", model)
                .set("--jobs", jobs)
                .set("--per-gpu", perGpu)
                .set("--rate", rate)
                .set("--capacity", capacity)
                .set("--keep", keep)
                .set("--racks", racks)
                .set("--layout", layout)
                .set("--sites", sites)
                .set("--distance", distance)
                .set("--geo-interval", geoInterval)
                .set("--waste", waste)
                .set("--fill", fill)
                .set("--stall", stall)
                .set("--restart", restart)
                .set("--readers", readers)
                .set("--bytes-per-parameter", bytesPerParameter)
                .set("--gpu-hours", gpuHours);
        for (Path file : calibrate) {
            Calibration.apply(file, DRIVES, input.assumptions());
        }
        if (verify || profile != null) {
            return verify(input.assumptions());
        }
        SitePlan plan = Planner.plan(input.request(), input.assumptions());
        Figures figures = PlanFigures.of(plan);
        Output output = new Output(spec.commandLine().getOut());
        if (html != null) {
            Files.writeString(html, PlanPage.of(plan));
        }
        if (svg != null) {
            Files.createDirectories(svg);
            for (var plot : PlanPlots.of(plan)) {
                Files.writeString(
                        svg.resolve("plan-" + plan.request().gpus() + "-" + plot.name() + ".svg"), SvgPlot.draw(plot));
            }
        }
        if (json) {
            output.json(figures.toJson());
        } else {
            output.say(figures.toTable().stripTrailing());
        }
        return 0;
    }

    private int verify(Assumptions assumptions) {
        if (profile == null || !verify) {
            throw PlanInput.failure(
                    profile == null ? "--profile" : "--verify", "expected --profile and --verify together, found one");
        }
        List<Rule> rules;
        if (ProfileLoader.isSite(profile)) {
            rules = Verification.of(SiteProfile.load(profile), assumptions);
        } else {
            HardwareProfile machine = ProfileLoader.load(profile);
            rules = Verification.of(machine, assumptions);
        }
        long broken = rules.stream().filter(rule -> !rule.holds()).count();
        Output output = new Output(spec.commandLine().getOut());
        if (json) {
            List<ObjectNode> nodes = new ArrayList<>();
            ObjectMapper mapper = new ObjectMapper();
            for (Rule rule : rules) {
                nodes.add(mapper.createObjectNode()
                        .put("key", rule.key())
                        .put("rule", rule.name())
                        .put("holds", rule.holds())
                        .put("present", rule.present())
                        .put(rule.atMost() ? "atMost" : "atLeast", rule.needed())
                        .put("unit", rule.unit().symbol()));
            }
            output.json(nodes);
        } else {
            List<List<String>> rows = new ArrayList<>();
            for (Rule rule : rules) {
                rows.add(List.of(rule.holds() ? "ok" : "SHORT", rule.name(), rule.describe(), rule.why()));
            }
            output.table(rows);
            output.say(
                    profile + ": " + rules.size() + " rules, " + (broken == 0 ? "all hold" : broken + " do not hold"));
        }
        return broken == 0 ? 0 : Output.SHORT;
    }
}
