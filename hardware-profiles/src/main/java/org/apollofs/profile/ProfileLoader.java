package org.apollofs.profile;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * Loads profiles: YAML, then the schema, then records, then the rules between fields. Called at start; any thread.
 */
public final class ProfileLoader {
    /** Profiles that ship with Apollo, by name. */
    public static final List<String> BUILT_IN = List.of("embedded");

    private ProfileLoader() {}

    /**
     * Loads a profile.
     *
     * @param nameOrPath name of a built-in profile, or a file.
     * @throws ProfileException with file, line, key and what was expected.
     */
    public static HardwareProfile load(String nameOrPath) {
        if (BUILT_IN.contains(nameOrPath)) {
            return parse(nameOrPath + ".yaml", resource(nameOrPath + ".yaml"));
        }
        try {
            return parse(nameOrPath, Files.readString(Path.of(nameOrPath)));
        } catch (NoSuchFileException absent) {
            throw failure(
                    nameOrPath,
                    "no such file, and no built-in profile of this name (" + String.join(", ", BUILT_IN) + ")");
        } catch (IOException e) {
            throw failure(nameOrPath, "cannot be read as UTF-8 text (" + e.getMessage() + ")");
        }
    }

    /**
     * Reads a profile's text.
     *
     * @param source what messages call it.
     */
    public static HardwareProfile parse(String source, String yaml) {
        ProfileSource parsed = ProfileSource.parse(source, yaml);
        ProfileSchema schema = ProfileSchema.instance();
        List<ProfileProblem> problems = schema.validate(parsed);
        if (!problems.isEmpty()) {
            throw new ProfileException(source, problems);
        }
        HardwareProfile profile = new ProfileReader(parsed, schema).read();
        List<ProfileProblem> broken = ProfileRules.check(profile).stream()
                .map(problem -> problem.at(parsed.line(problem.key())))
                .toList();
        if (!broken.isEmpty()) {
            throw new ProfileException(source, broken);
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
