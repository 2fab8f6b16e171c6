package org.apollofs.profile;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A mapping in a file that the schema has passed, and where it is in the schema; absent keys have the schema's defaults. */
final class ProfileSection {
    private static final long PAGE = 4096;

    private final JsonNode node;
    private final ProfileSchema schema;
    private final List<Object> path;

    /** The whole file. */
    ProfileSection(JsonNode root, ProfileSchema schema) {
        this(root, schema, List.of());
    }

    private ProfileSection(JsonNode node, ProfileSchema schema, List<Object> path) {
        this.node = node;
        this.schema = schema;
        this.path = path;
    }

    boolean has(String key) {
        return node.hasNonNull(key);
    }

    JsonNode value(String key) {
        JsonNode found = has(key) ? node.get(key) : schema.defaultOf(below(key));
        if (found == null) {
            throw new IllegalStateException("schema has no default: path=" + below(key));
        }
        return found;
    }

    ProfileSection section(String key) {
        return new ProfileSection(value(key), schema, below(key));
    }

    List<ProfileSection> list(String key) {
        List<ProfileSection> sections = new ArrayList<>();
        JsonNode values = value(key);
        for (int i = 0; i < values.size(); i++) {
            List<Object> elementPath = new ArrayList<>(below(key));
            elementPath.add(i);
            sections.add(new ProfileSection(values.get(i), schema, elementPath));
        }
        return sections;
    }

    String text(String key) {
        return value(key).asText();
    }

    int integer(String key) {
        return value(key).intValue();
    }

    double number(String key) {
        return value(key).doubleValue();
    }

    /** A size that the rules bound to an int: larger ones saturate, and the rules refuse them. */
    int length(String key) {
        return (int) Math.min(Integer.MAX_VALUE, size(key));
    }

    long size(String key) {
        JsonNode found = value(key);
        if (!found.isTextual()) {
            return found.canConvertToLong() ? found.longValue() : Long.MAX_VALUE;
        }
        try {
            return ByteSize.parse(found.asText());
        } catch (IllegalArgumentException overflow) {
            return Long.MAX_VALUE;
        }
    }

    /** A size in whole pages: one in decimal units, as drives are sold, is rounded down to them. */
    long pages(String key) {
        JsonNode found = value(key);
        long size = size(key);
        return found.isTextual() && ByteSize.isDecimal(found.asText()) ? size / PAGE * PAGE : size;
    }

    /** A length of time in ms. */
    long timeMs(String key) {
        return TimeSpan.parseMs(text(key));
    }

    <E extends Enum<E>> E choice(String key, Class<E> type) {
        return Enum.valueOf(type, text(key).toUpperCase(Locale.ROOT));
    }

    private List<Object> below(String key) {
        List<Object> below = new ArrayList<>(path);
        below.add(key);
        return below;
    }
}
