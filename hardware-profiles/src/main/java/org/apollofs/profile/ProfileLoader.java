package org.apollofs.profile;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Loads profiles: YAML, then what it extends, then the schema, then records, then the rules between fields. Called at start;
 * any thread.
 */
public final class ProfileLoader {
    /** Profiles of machines that ship with Apollo, by name. */
    public static final List<String> BUILT_IN = List.of(
            "embedded", "laptop", "gpu-host-8xH100", "gpu-tray-gb200", "storage-node-16nvme", "namespace-member");

    private static final String EXTENDS = "extends";
    private static final String SITES = "sites";
    private static final String SUFFIX = ".yaml";

    private ProfileLoader() {}

    /**
     * Loads a profile of a machine.
     *
     * @param nameOrPath name of a built-in profile, or a file.
     * @throws ProfileException with file, line, key and what was expected.
     */
    public static HardwareProfile load(String nameOrPath) {
        return read(source(nameOrPath, "", new ArrayList<>()));
    }

    /**
     * Loads a profile that another one names.
     *
     * @param from file that names it: a path in it is relative to that file's folder.
     */
    static HardwareProfile load(String nameOrPath, String from) {
        return read(source(nameOrPath, from, new ArrayList<>()));
    }

    /**
     * Reads a profile's text.
     *
     * @param source what messages call it; what it extends is looked for beside it.
     */
    public static HardwareProfile parse(String source, String yaml) {
        return read(parse(source, yaml, new ArrayList<>()));
    }

    /** Whether a profile is one of a site, not of a machine. */
    public static boolean isSite(String nameOrPath) {
        return isSite(source(nameOrPath, "", new ArrayList<>()));
    }

    static boolean isSite(ProfileSource source) {
        return source.root().has(SITES);
    }

    /** A profile's tree, with what it extends. */
    static ProfileSource source(String nameOrPath, String from, List<String> children) {
        if (BUILT_IN.contains(nameOrPath) || SiteProfile.BUILT_IN.contains(nameOrPath)) {
            return parse(nameOrPath + SUFFIX, resource(nameOrPath + SUFFIX), children);
        }
        Path folder = Path.of(from).getParent();
        String path = folder == null ? nameOrPath : folder.resolve(nameOrPath).toString();
        try {
            return parse(path, Files.readString(Path.of(path)), children);
        } catch (NoSuchFileException absent) {
            throw failure(
                    path,
                    "no such file, and no built-in profile of this name (" + String.join(", ", BUILT_IN) + ", "
                            + String.join(", ", SiteProfile.BUILT_IN) + ")");
        } catch (IOException e) {
            throw failure(path, "cannot be read as UTF-8 text (" + e.getMessage() + ")");
        }
    }

    static ProfileSource parse(String name, String yaml, List<String> children) {
        ProfileSource source = ProfileSource.parse(name, yaml);
        JsonNode parent = source.root().path(EXTENDS);
        if (parent.isMissingNode()) {
            return source;
        }
        if (!parent.isTextual()) {
            throw badParent(source, "expected a built-in profile or a file, found " + show(parent));
        }
        if (children.contains(name)) {
            throw badParent(source, "expected a profile that does not extend this one, found " + show(parent));
        }
        children.add(name);
        try {
            source.inherit(source(parent.asText(), name, children));
        } catch (ProfileException e) {
            throw badParent(source, "expected a profile that can be read: " + e.getMessage());
        }
        return source;
    }

    private static ProfileException badParent(ProfileSource source, String text) {
        return new ProfileException(
                source.name(), List.of(new ProfileProblem(0, EXTENDS, text).at(source.origin(EXTENDS))));
    }

    private static HardwareProfile read(ProfileSource parsed) {
        if (isSite(parsed)) {
            throw new ProfileException(
                    parsed.name(),
                    List.of(new ProfileProblem(
                                    0,
                                    SITES,
                                    "expected the profile of one machine, found one of a site: see 'apollo plan"
                                            + " --profile', and the profiles that its groups name")
                            .at(parsed.origin(SITES))));
        }
        ProfileSchema schema = ProfileSchema.of(ProfileSchema.MACHINE);
        List<ProfileProblem> problems = schema.validate(parsed);
        if (!problems.isEmpty()) {
            throw new ProfileException(parsed.name(), problems);
        }
        HardwareProfile profile = new ProfileReader(parsed, schema).read();
        List<ProfileProblem> broken = ProfileRules.check(profile).stream()
                .map(problem -> problem.at(parsed.origin(problem.key())))
                .toList();
        if (!broken.isEmpty()) {
            throw new ProfileException(parsed.name(), broken);
        }
        return profile;
    }

    /** Text of a file that ships with this package. */
    static String resource(String name) {
        try (InputStream stream = ProfileLoader.class.getResourceAsStream(name)) {
            if (stream == null) {
                throw new IllegalStateException("resource is missing from the jar: name=" + name);
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("resource cannot be read: name=" + name, e);
        }
    }

    private static ProfileException failure(String source, String text) {
        return new ProfileException(source, List.of(new ProfileProblem(0, "", text)));
    }

    /** As a message shows a value: strings quoted, the rest as in the file, cut to a readable length. */
    static String show(JsonNode node) {
        if (node == null || node.isNull() || node.isMissingNode()) {
            return "nothing";
        }
        if (node.isObject()) {
            return "a mapping";
        }
        if (node.isArray()) {
            return "a list of " + node.size();
        }
        String text = node.toString();
        return text.length() <= 60 ? text : text.substring(0, 57) + "...";
    }
}
