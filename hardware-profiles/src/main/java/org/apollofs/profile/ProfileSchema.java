package org.apollofs.profile;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import com.networknt.schema.path.NodePath;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The profile's JSON Schema: validates, says in an operator's words what was expected, and holds the defaults. Immutable.
 */
final class ProfileSchema {
    /** Schema of a machine's profile. */
    static final String MACHINE = "profile.schema.json";
    /** Schema of a site's profile. */
    static final String SITE = "site.schema.json";

    private static final Map<String, ProfileSchema> LOADED = new ConcurrentHashMap<>();
    private static final String UNKNOWN_KEY = "unknown key";

    private final JsonNode root;
    private final Schema schema;

    private ProfileSchema(ObjectNode root) {
        this.root = root;
        // What is there for people would only be warned of.
        ObjectNode rules = root.deepCopy();
        rules.remove(ProfileKey.EXPLAINED);
        this.schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(rules);
    }

    /** @param resource {@link #MACHINE} or {@link #SITE}. */
    static ProfileSchema of(String resource) {
        return LOADED.computeIfAbsent(resource, ProfileSchema::read);
    }

    private static ProfileSchema read(String resource) {
        try {
            return new ProfileSchema((ObjectNode) new ObjectMapper().readTree(ProfileLoader.resource(resource)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("schema is not JSON: name=" + resource, e);
        }
    }

    /** The schema itself. */
    JsonNode root() {
        return root;
    }

    /** @return problems in the order of the file; none if it is valid. */
    List<ProfileProblem> validate(ProfileSource source) {
        List<ProfileProblem> problems = new ArrayList<>();
        for (Error error : schema.validate(source.root())) {
            ProfileProblem problem = explain(error, source);
            if (problems.stream().noneMatch(other -> other.key().equals(problem.key()))) {
                problems.add(problem);
            }
        }
        // A misspelt key is also a missing one: the unknown key is the cause, so it comes first.
        problems.sort(
                Comparator.comparing((ProfileProblem problem) -> !problem.text().startsWith(UNKNOWN_KEY))
                        .thenComparingInt(ProfileProblem::line));
        return problems;
    }

    /** The default of a key, or null. @param path as the file has it, such as {@code targets[3].queueDepth}. */
    JsonNode defaultOf(List<Object> path) {
        JsonNode node = root;
        for (Object element : path) {
            node = child(node, element);
        }
        return node.get("default");
    }

    private ProfileProblem explain(Error error, ProfileSource source) {
        List<Object> path = elements(error.getInstanceLocation());
        JsonNode found = at(source.root(), path);
        JsonNode rule = root;
        for (Object element : path) {
            rule = child(rule, element);
        }
        String property = error.getProperty();
        boolean required = error.getKeyword().equals("required");
        boolean unknown = error.getKeyword().equals("additionalProperties");
        String key = key(path, required || unknown ? property : null);
        String text;
        if (required) {
            text = "expected " + expected(child(rule, property)) + ", found nothing";
        } else if (unknown) {
            text = unknownKey(property, rule);
        } else {
            text = "expected " + expected(rule) + ", found " + ProfileLoader.show(found);
        }
        return new ProfileProblem(0, key, text).at(source.origin(key));
    }

    private String unknownKey(String property, JsonNode rule) {
        String nearest = null;
        int nearestDistance = Integer.MAX_VALUE;
        StringJoiner all = new StringJoiner(", ");
        for (String name :
                (Iterable<String>) () -> resolve(rule).path("properties").fieldNames()) {
            all.add(name);
            int distance = EditDistance.between(property, name);
            if (distance < nearestDistance) {
                nearestDistance = distance;
                nearest = name;
            }
        }
        boolean near = nearest != null && nearestDistance <= Math.max(2, property.length() / 3);
        return UNKNOWN_KEY + ", expected "
                + (near ? "\"" + nearest + "\" perhaps; known here: " + all : "one of " + all);
    }

    /** What a value should be, from the schema. */
    String expected(JsonNode rawRule) {
        JsonNode rule = resolve(rawRule);
        if (rule.has("$comment")) {
            return rule.get("$comment").asText();
        }
        if (rule.has("enum")) {
            StringJoiner names = new StringJoiner(", ");
            rule.get("enum").forEach(value -> names.add(value.asText()));
            return "one of " + names;
        }
        return switch (rule.path("type").asText()) {
            case "integer", "number" ->
                "an integer from " + rule.get("minimum").asText() + " to "
                        + rule.get("maximum").asText();
            case "boolean" -> "true or false";
            case "string" -> "text";
            case "array" -> "a list";
            default -> "a mapping of keys to values";
        };
    }

    private JsonNode child(JsonNode node, Object element) {
        JsonNode rule = resolve(node);
        JsonNode next = element instanceof Integer
                ? rule.path("items")
                : rule.path("properties").path((String) element);
        // Keywords beside a $ref (default, description) stay with the place that refers.
        return next;
    }

    JsonNode resolve(JsonNode node) {
        JsonNode reference = node.get("$ref");
        return reference == null ? node : root.at(reference.asText().substring(1));
    }

    private static JsonNode at(JsonNode tree, List<Object> path) {
        JsonNode node = tree;
        for (Object element : path) {
            node = element instanceof Integer index ? node.path(index) : node.path((String) element);
        }
        return node;
    }

    private static List<Object> elements(NodePath path) {
        List<Object> elements = new ArrayList<>();
        for (int i = 0; i < path.getNameCount(); i++) {
            elements.add(path.getElement(i));
        }
        return elements;
    }

    private static String key(List<Object> path, String property) {
        StringBuilder key = new StringBuilder();
        for (Object element : path) {
            if (element instanceof Integer) {
                key.append('[').append(element).append(']');
            } else {
                key.append(key.isEmpty() ? "" : ".").append(element);
            }
        }
        if (property != null) {
            key.append(key.isEmpty() ? "" : ".").append(property);
        }
        return key.toString();
    }
}
