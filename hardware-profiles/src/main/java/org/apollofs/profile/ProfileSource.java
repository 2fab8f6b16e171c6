package org.apollofs.profile;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A profile's tree, with the file and line of every key. Keys are written {@code targets[2].size}. One thread. */
final class ProfileSource {
    private final String name;
    private final Map<String, Origin> origins = new HashMap<>();
    private JsonNode root = JsonNodeFactory.instance.objectNode();

    private ProfileSource(String name) {
        this.name = name;
    }

    /** @throws ProfileException for what is not YAML, and for keys given twice. */
    static ProfileSource parse(String name, String yaml) {
        ProfileSource source = new ProfileSource(name);
        try (YAMLParser parser = new YAMLFactory().createParser(yaml)) {
            if (parser.nextToken() != null) {
                source.root = source.readValue(parser, "");
            }
        } catch (JsonProcessingException e) {
            JsonLocation location = e.getLocation();
            String problem = e.getOriginalMessage().lines().findFirst().orElse("no detail");
            throw source.failure(location == null ? 0 : location.getLineNr(), "", "expected YAML: " + problem);
        } catch (IOException e) {
            throw source.failure(0, "", "cannot be read (" + e.getMessage() + ")");
        }
        return source;
    }

    String name() {
        return name;
    }

    JsonNode root() {
        return root;
    }

    /** Place of a key, or of the nearest one above it that is in a file; line 1 for the whole file. */
    Origin origin(String key) {
        String path = key;
        while (!path.isEmpty()) {
            Origin origin = origins.get(path);
            if (origin != null) {
                return origin;
            }
            path = path.substring(0, Math.max(0, Math.max(path.lastIndexOf('.'), path.lastIndexOf('['))));
        }
        return new Origin(name, 1);
    }

    /** Takes from a parent every key that is absent here. Mappings are joined key by key; lists and values are whole. */
    void inherit(ProfileSource parent) {
        ObjectNode own = (ObjectNode) root;
        own.remove("extends");
        inherit(own, parent.root, "", parent);
    }

    private void inherit(ObjectNode own, JsonNode inherited, String key, ProfileSource parent) {
        for (Map.Entry<String, JsonNode> field : inherited.properties()) {
            String path = key.isEmpty() ? field.getKey() : key + "." + field.getKey();
            JsonNode present = own.get(field.getKey());
            if (present == null) {
                own.set(field.getKey(), field.getValue());
                parent.origins.forEach((other, origin) -> {
                    if (other.equals(path) || other.startsWith(path + ".") || other.startsWith(path + "[")) {
                        origins.put(other, origin);
                    }
                });
            } else if (present.isObject() && field.getValue().isObject()) {
                inherit((ObjectNode) present, field.getValue(), path, parent);
            }
        }
    }

    private JsonNode readValue(YAMLParser parser, String key) throws IOException {
        JsonToken token = parser.currentToken();
        if (token == JsonToken.START_OBJECT) {
            return readObject(parser, key);
        }
        if (token == JsonToken.START_ARRAY) {
            return readArray(parser, key);
        }
        JsonNodeFactory nodes = JsonNodeFactory.instance;
        return switch (token) {
            case VALUE_NUMBER_INT -> nodes.numberNode(parser.getBigIntegerValue());
            case VALUE_NUMBER_FLOAT -> nodes.numberNode(parser.getDecimalValue());
            case VALUE_TRUE -> nodes.booleanNode(true);
            case VALUE_FALSE -> nodes.booleanNode(false);
            case VALUE_STRING -> nodes.textNode(parser.getText());
            default -> nodes.nullNode();
        };
    }

    private ObjectNode readObject(YAMLParser parser, String key) throws IOException {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String field = parser.currentName();
            String path = key.isEmpty() ? field : key + "." + field;
            int line = parser.currentTokenLocation().getLineNr();
            Origin earlier = origins.putIfAbsent(path, new Origin(name, line));
            if (earlier != null) {
                throw failure(line, path, "expected once, found again (first on line " + earlier.line() + ")");
            }
            parser.nextToken();
            object.set(field, readValue(parser, path));
        }
        return object;
    }

    private ArrayNode readArray(YAMLParser parser, String key) throws IOException {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            String path = key + "[" + array.size() + "]";
            origins.put(path, new Origin(name, parser.currentTokenLocation().getLineNr()));
            array.add(readValue(parser, path));
        }
        return array;
    }

    private ProfileException failure(int line, String key, String text) {
        return new ProfileException(name, List.of(new ProfileProblem(line, key, text)));
    }
}
