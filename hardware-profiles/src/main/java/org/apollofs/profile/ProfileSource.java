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

/** A profile's tree, with the line of every key. Keys are written {@code targets[2].size}. */
final class ProfileSource {
    private final String name;
    private final Map<String, Integer> lines = new HashMap<>();
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

    /** Line of a key, or of the nearest one above it that is in the file; 1 for the whole file. */
    int line(String key) {
        String path = key;
        while (!path.isEmpty()) {
            Integer line = lines.get(path);
            if (line != null) {
                return line;
            }
            path = path.substring(0, Math.max(0, Math.max(path.lastIndexOf('.'), path.lastIndexOf('['))));
        }
        return 1;
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
            Integer earlier = lines.putIfAbsent(path, line);
            if (earlier != null) {
                throw failure(line, path, "expected once, found again (first on line " + earlier + ")");
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
            lines.put(path, parser.currentTokenLocation().getLineNr());
            array.add(readValue(parser, path));
        }
        return array;
    }

    private ProfileException failure(int line, String key, String text) {
        return new ProfileException(name, List.of(new ProfileProblem(line, key, text)));
    }
}
