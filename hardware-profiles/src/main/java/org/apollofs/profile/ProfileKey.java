package org.apollofs.profile;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What there is to know about a key of a profile, from the schema.
 *
 * @param path as {@code lanes.mtu} or {@code targets[].size}.
 * @param description what it is.
 * @param unit of its value.
 * @param range of its value.
 * @param defaultValue what an absent key stands for; "required" if it must be there.
 * @param reason why one would set it.
 * @param effect what it changes.
 */
public record ProfileKey(
        String path, String description, String unit, String range, String defaultValue, String reason, String effect) {
    /** Where a schema has what is said of its keys. */
    static final String EXPLAINED = "x-keys";

    /** All keys of a machine's profile, in the order of the schema. */
    public static List<ProfileKey> ofMachine() {
        return keys(ProfileSchema.of(ProfileSchema.MACHINE));
    }

    /** All keys of a site's profile, in the order of the schema. */
    public static List<ProfileKey> ofSite() {
        return keys(ProfileSchema.of(ProfileSchema.SITE));
    }

    /** A key, of a machine's profile or else of a site's. @param path with or without numbers of elements. */
    public static Optional<ProfileKey> find(String path) {
        String plain = path.replaceAll("\\[\\d*]", "[]");
        List<ProfileKey> all = new ArrayList<>(ofMachine());
        all.addAll(ofSite());
        return all.stream().filter(key -> key.path().equals(plain)).findFirst();
    }

    /** The key whose name is nearest to one that is not there. */
    public static String nearest(String path) {
        List<ProfileKey> all = new ArrayList<>(ofMachine());
        all.addAll(ofSite());
        // The last name alone is what most people type.
        return all.stream()
                .map(ProfileKey::path)
                .min((left, right) -> Integer.compare(distance(path, left), distance(path, right)))
                .orElseThrow();
    }

    /** The schema of a machine's profile, or of a site's, as JSON. */
    public static String schema(boolean ofSite) {
        return ProfileLoader.resource(ofSite ? ProfileSchema.SITE : ProfileSchema.MACHINE);
    }

    private static int distance(String typed, String path) {
        String last = path.substring(path.lastIndexOf('.') + 1);
        return Math.min(EditDistance.between(typed, path), EditDistance.between(typed, last));
    }

    private static List<ProfileKey> keys(ProfileSchema schema) {
        List<ProfileKey> keys = new ArrayList<>();
        collect(schema, schema.root(), "", keys);
        return keys;
    }

    private static void collect(ProfileSchema schema, JsonNode rule, String path, List<ProfileKey> keys) {
        JsonNode resolved = schema.resolve(rule);
        for (Map.Entry<String, JsonNode> property : resolved.path("properties").properties()) {
            String key = path.isEmpty() ? property.getKey() : path + "." + property.getKey();
            JsonNode child = property.getValue();
            JsonNode type = schema.resolve(child);
            if (type.has("properties")) {
                collect(schema, child, key, keys);
            } else if (type.has("items")) {
                collect(schema, type.get("items"), key + "[]", keys);
            } else {
                boolean required = false;
                for (JsonNode name : resolved.path("required")) {
                    required |= name.asText().equals(property.getKey());
                }
                keys.add(key(schema, key, child, required));
            }
        }
    }

    private static ProfileKey key(ProfileSchema schema, String path, JsonNode rule, boolean required) {
        JsonNode explained = schema.root().path(EXPLAINED).path(path);
        String range = explained.path("range").asText();
        JsonNode value = rule.path("default");
        return new ProfileKey(
                path,
                rule.path("description").asText(),
                explained.path("unit").asText(),
                range.isEmpty() ? schema.expected(rule) : range,
                required ? "required" : value.isMissingNode() ? "derived, see description" : value.asText(),
                explained.path("reason").asText(),
                explained.path("effect").asText());
    }

    /** Keys that the schema explains but does not have: left over from a key that went. */
    static List<String> leftOver(boolean ofSite) {
        JsonNode root = ProfileSchema.of(ofSite ? ProfileSchema.SITE : ProfileSchema.MACHINE)
                .root();
        List<String> present =
                (ofSite ? ofSite() : ofMachine()).stream().map(ProfileKey::path).toList();
        List<String> left = new ArrayList<>();
        root.path(EXPLAINED).fieldNames().forEachRemaining(left::add);
        left.removeAll(present);
        return left;
    }
}
