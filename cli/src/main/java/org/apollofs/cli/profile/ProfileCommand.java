package org.apollofs.cli.profile;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.apollofs.profile.ProfileException;
import org.apollofs.profile.ProfileKey;
import org.apollofs.profile.ProfileLoader;
import org.apollofs.profile.ProfileProblem;
import org.apollofs.profile.ProfileWriter;
import org.apollofs.profile.SiteProfile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows and explains profiles. */
@Command(
        name = "profile",
        description = "Show, explain and compare profiles.",
        subcommands = {
            ProfileCommand.ListCommand.class,
            ProfileCommand.Show.class,
            ProfileCommand.Explain.class,
            ProfileCommand.Diff.class,
            ProfileCommand.SchemaCommand.class
        })
public final class ProfileCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getOut());
        return 0;
    }

    /** Names of what ships. */
    @Command(name = "list", description = "List the profiles that ship.")
    static final class ListCommand implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            List<List<String>> rows = new ArrayList<>();
            ProfileLoader.BUILT_IN.forEach(
                    name -> rows.add(List.of(name, ProfileLoader.load(name).description())));
            SiteProfile.BUILT_IN.forEach(
                    name -> rows.add(List.of(name, SiteProfile.load(name).description())));
            new Output(spec.commandLine().getOut()).table(rows);
            return 0;
        }
    }

    /** A profile, whole. */
    @Command(name = "show", description = "Print a profile whole: what it extends and all defaults in it.")
    static final class Show implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Parameters(paramLabel = "P", description = "A YAML file or a built-in name.")
        private String profile;

        @Override
        public Integer call() {
            Output output = new Output(spec.commandLine().getOut());
            if (!ProfileLoader.isSite(profile)) {
                output.say(ProfileWriter.toYaml(ProfileLoader.load(profile)).stripTrailing());
                return 0;
            }
            SiteProfile site = SiteProfile.load(profile);
            output.say(site.profile() + ": " + site.description());
            List<List<String>> rows = new ArrayList<>();
            rows.add(List.of("site", "group", "machines", "profile", "racks", "address"));
            for (SiteProfile.Place place : site.places()) {
                for (SiteProfile.Group group : place.groups()) {
                    rows.add(List.of(
                            place.name(),
                            group.name(),
                            Integer.toString(group.count()),
                            group.machine().profile(),
                            group.firstRack() + " to " + (group.firstRack() + group.racks() - 1),
                            group.address()));
                }
            }
            output.table(rows);
            return 0;
        }
    }

    /** What is known of a key. */
    @Command(name = "explain", description = "Say what a key is: unit, range, default, reason, effect.")
    static final class Explain implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Parameters(arity = "0..1", paramLabel = "KEY", description = "As lanes.mtu; all keys without it.")
        private String key;

        @Override
        public Integer call() {
            Output output = new Output(spec.commandLine().getOut());
            if (key == null) {
                List<List<String>> rows = new ArrayList<>();
                ProfileKey.ofMachine().forEach(each -> rows.add(List.of(each.path(), each.unit(), each.description())));
                ProfileKey.ofSite().stream()
                        .filter(each -> ProfileKey.ofMachine().stream()
                                .noneMatch(same -> same.path().equals(each.path())))
                        .forEach(each -> rows.add(List.of(each.path(), each.unit(), each.description())));
                output.table(rows);
                return 0;
            }
            ProfileKey found = ProfileKey.find(key)
                    .orElseThrow(() -> new ProfileException(
                            "command line",
                            List.of(new ProfileProblem(
                                    0,
                                    key,
                                    "unknown key, expected \"" + ProfileKey.nearest(key)
                                            + "\" perhaps; 'apollo profile explain' lists all"))));
            output.say(found.path() + ": " + found.description());
            output.table(List.of(
                    List.of("  unit", found.unit()),
                    List.of("  range", found.range()),
                    List.of("  default", found.defaultValue()),
                    List.of("  reason", found.reason()),
                    List.of("  effect", found.effect())));
            return 0;
        }
    }

    /** What differs. */
    @Command(name = "diff", description = "Show what differs between two profiles of machines.")
    static final class Diff implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Parameters(index = "0", paramLabel = "A", description = "A YAML file or a built-in name.")
        private String left;

        @Parameters(index = "1", paramLabel = "B", description = "Another one.")
        private String right;

        @Override
        public Integer call() {
            Map<String, String> first = ProfileWriter.values(ProfileLoader.load(left));
            Map<String, String> second = ProfileWriter.values(ProfileLoader.load(right));
            TreeSet<String> keys = new TreeSet<>(first.keySet());
            keys.addAll(second.keySet());
            List<List<String>> rows = new ArrayList<>();
            rows.add(List.of("key", left, right));
            for (String key : keys) {
                String one = first.getOrDefault(key, "-");
                String other = second.getOrDefault(key, "-");
                if (!one.equals(other)) {
                    rows.add(List.of(key, one, other));
                }
            }
            new Output(spec.commandLine().getOut()).table(rows);
            return 0;
        }
    }

    /** The schema. */
    @Command(name = "schema", description = "Print the JSON Schema of profiles.")
    static final class SchemaCommand implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Option(names = "--site", description = "That of a site's profile, not of a machine's.")
        private boolean site;

        @Override
        public Integer call() {
            new Output(spec.commandLine().getOut()).say(ProfileKey.schema(site).stripTrailing());
            return 0;
        }
    }
}
