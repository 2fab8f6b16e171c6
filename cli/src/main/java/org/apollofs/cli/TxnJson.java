package org.apollofs.cli;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.client.Txn;
import org.apollofs.namespace.client.TxnResult;

/**
 * Transactions as JSON, see docs/namespace.md:
 *
 * <pre>
 * {"when": [{"key": K, "version": N} | {"key": K, "value": TEXT} | {"key": K, "exists": true}, ...],
 *  "then": [{"put": K, "value": TEXT, "version": N, "lease": N} | {"get": K} | {"delete": K, "version": N}
 *           | {"rename": K, "to": K, "replace": false, "exchange": true} | {"remove": K}, ...],
 *  "else": [...]}
 * </pre>
 *
 * A value is {@code value}, text, or {@code base64}. What is not understood is refused with the place where it stands.
 */
final class TxnJson {
    private static final ObjectMapper JSON = new ObjectMapper().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

    private TxnJson() {}

    /** @throws CommandFailure USAGE. */
    static Txn parse(String text) {
        JsonNode root;
        try {
            root = JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw wrong("the transaction", "not JSON: " + e.getOriginalMessage());
        }
        if (root == null || !root.isObject()) {
            throw wrong("the transaction", "not an object");
        }
        checkFields(root, "the transaction", "when", "then", "else");
        List<Txn.Compare> compares = new ArrayList<>();
        for (JsonNode node : list(root, "when")) {
            compares.add(compare(node, "when[" + compares.size() + "]"));
        }
        return new Txn(compares, operations(root, "then"), operations(root, "else"));
    }

    private static Iterable<JsonNode> list(JsonNode root, String field) {
        JsonNode list = root.path(field);
        if (list.isMissingNode()) {
            return List.of();
        }
        if (!list.isArray()) {
            throw wrong(field, "not a list");
        }
        return list;
    }

    private static List<Txn.Operation> operations(JsonNode root, String field) {
        List<Txn.Operation> operations = new ArrayList<>();
        for (JsonNode node : list(root, field)) {
            operations.add(operation(node, field + "[" + operations.size() + "]"));
        }
        return operations;
    }

    private static Txn.Compare compare(JsonNode node, String place) {
        checkFields(node, place, "key", "version", "value", "base64", "exists");
        String key = text(node, "key", place);
        if (node.size() != 2) {
            throw wrong(place, "one of version, value, base64 and exists is wanted beside key");
        }
        if (node.has("version")) {
            return new Txn.VersionIs(key, number(node, "version", place, 0));
        }
        if (node.has("exists")) {
            return flag(node, "exists", place, true) ? new Txn.Exists(key) : new Txn.Absent(key);
        }
        return new Txn.ValueIs(key, value(node, place));
    }

    private static Txn.Operation operation(JsonNode node, String place) {
        if (!node.isObject()) {
            throw wrong(place, "not an object");
        }
        if (node.has("put")) {
            checkFields(node, place, "put", "value", "base64", "version", "lease");
            return new Txn.Put(
                    text(node, "put", place),
                    value(node, place),
                    number(node, "version", place, KeyValue.ANY_VERSION),
                    number(node, "lease", place, 0));
        }
        if (node.has("get")) {
            checkFields(node, place, "get");
            return new Txn.Get(text(node, "get", place));
        }
        if (node.has("delete")) {
            checkFields(node, place, "delete", "version");
            return new Txn.Delete(text(node, "delete", place), number(node, "version", place, KeyValue.ANY_VERSION));
        }
        if (node.has("rename")) {
            checkFields(node, place, "rename", "to", "replace", "exchange");
            int flags = flag(node, "replace", place, true) ? 0 : Namespace.RENAME_NOREPLACE;
            flags |= flag(node, "exchange", place, false) ? Namespace.RENAME_EXCHANGE : 0;
            return new Txn.Rename(text(node, "rename", place), text(node, "to", place), flags);
        }
        if (node.has("remove")) {
            checkFields(node, place, "remove");
            return new Txn.RemoveTree(text(node, "remove", place));
        }
        throw wrong(place, "none of put, get, delete, rename and remove");
    }

    private static void checkFields(JsonNode node, String place, String... known) {
        if (!node.isObject()) {
            throw wrong(place, "not an object");
        }
        Set<String> names = Set.of(known);
        for (Iterator<String> fields = node.fieldNames(); fields.hasNext(); ) {
            String field = fields.next();
            if (!names.contains(field)) {
                throw wrong(place, "unknown field '" + field + "', known are " + String.join(", ", known));
            }
        }
    }

    private static String text(JsonNode node, String field, String place) {
        if (!node.path(field).isTextual()) {
            throw wrong(place, "'" + field + "' is missing or not text");
        }
        return node.get(field).textValue();
    }

    private static long number(JsonNode node, String field, String place, long otherwise) {
        if (!node.has(field)) {
            return otherwise;
        }
        if (!node.get(field).canConvertToLong() || !node.get(field).isIntegralNumber()) {
            throw wrong(place, "'" + field + "' is not a whole number");
        }
        return node.get(field).longValue();
    }

    private static boolean flag(JsonNode node, String field, String place, boolean otherwise) {
        if (!node.has(field)) {
            return otherwise;
        }
        if (!node.get(field).isBoolean()) {
            throw wrong(place, "'" + field + "' is neither true nor false");
        }
        return node.get(field).booleanValue();
    }

    private static byte[] value(JsonNode node, String place) {
        if (node.has("value") == node.has("base64")) {
            throw wrong(place, "one of value and base64 is wanted");
        }
        if (node.has("value")) {
            return text(node, "value", place).getBytes(StandardCharsets.UTF_8);
        }
        try {
            return Base64.getDecoder().decode(text(node, "base64", place));
        } catch (IllegalArgumentException e) {
            throw wrong(place, "'base64' is not base64");
        }
    }

    private static CommandFailure wrong(String place, String what) {
        return new CommandFailure(
                ExitCode.USAGE, "transaction cannot be read: " + place + ": " + what, "see docs/namespace.md");
    }

    /** What came of it, operation by operation. */
    static ObjectNode print(Txn txn, TxnResult result) {
        ObjectNode json =
                JSON.createObjectNode().put("succeeded", result.succeeded()).put("transaction", result.transaction());
        ArrayNode results = json.putArray("results");
        List<Txn.Operation> operations = result.succeeded() ? txn.then() : txn.otherwise();
        for (int i = 0; i < operations.size(); i++) {
            print(results.addObject(), operations.get(i), result.outcomes().get(i));
        }
        return json;
    }

    private static void print(ObjectNode to, Txn.Operation operation, TxnResult.Outcome outcome) {
        switch (operation) {
            case Txn.Put put -> to.put("put", put.key()).put("version", outcome.version());
            case Txn.Get get -> {
                to.put("get", get.key()).put("found", outcome.found());
                if (outcome.found()) {
                    to.put("version", outcome.version());
                    KvValues.put(to, outcome.value().value());
                }
            }
            case Txn.Delete delete -> to.put("delete", delete.key()).put("found", outcome.found());
            case Txn.Rename rename ->
                to.put("rename", rename.from()).put("to", rename.to()).put("replaced", outcome.found());
            case Txn.RemoveTree remove -> to.put("remove", remove.path()).put("found", outcome.found());
            case Txn.Commit commit -> to.put("commit", commit.commit().inode()).put("version", outcome.version());
        }
    }
}
