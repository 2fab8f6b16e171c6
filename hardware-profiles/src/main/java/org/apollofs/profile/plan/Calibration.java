package org.apollofs.profile.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apollofs.profile.ProfileException;
import org.apollofs.profile.ProfileProblem;

/**
 * Puts what was measured in place of what is assumed. Takes the JSON of {@code apollo bench store} and of {@code bench kv}, and
 * objects whose {@code assumptions} have the names that {@code apollo plan --json} prints.
 */
public final class Calibration {
    private static final double BYTES_PER_GB = 1e9;

    private final Assumptions assumptions;
    private final String source;
    private int taken;

    private Calibration(Assumptions assumptions, String source) {
        this.assumptions = assumptions;
        this.source = source;
    }

    /**
     * Reads a file.
     *
     * @param drives of a server: the rate of one chunk store times this is the server's, by its network at most.
     * @return how many numbers it gave.
     * @throws ProfileException if it cannot be read, or has none.
     */
    public static int apply(Path file, int drives, Assumptions assumptions) {
        String source = file.toString();
        JsonNode root;
        try {
            root = new ObjectMapper().readTree(Files.readString(file));
        } catch (JsonProcessingException e) {
            int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
            throw failure(
                    source,
                    line,
                    "",
                    "expected JSON: "
                            + e.getOriginalMessage().lines().findFirst().orElse(""));
        } catch (IOException e) {
            throw failure(source, 0, "", "cannot be read (" + e + ")");
        }
        Calibration calibration = new Calibration(assumptions, source);
        calibration.store(root.path("chunk1024KiB").path("store"), drives);
        calibration.namespace(root.path("apollo"));
        calibration.named(root.path("assumptions"));
        if (calibration.taken == 0) {
            throw failure(
                    source,
                    1,
                    "",
                    "expected the JSON of 'apollo bench store' or 'bench kv', or an object \"assumptions\", found none"
                            + " of these");
        }
        return calibration.taken;
    }

    private void store(JsonNode store, int drives) {
        number(store, "writeGbPerSecond", Assumption.Key.SERVER_WRITE, drives * BYTES_PER_GB);
        number(store, "readGbPerSecond", Assumption.Key.SERVER_READ, drives * BYTES_PER_GB);
    }

    private void namespace(JsonNode apollo) {
        number(apollo, "operationsPerSecond", Assumption.Key.NAMESPACE_RATE, 1);
    }

    private void named(JsonNode names) {
        names.properties().forEach(entry -> {
            Assumption.Key key = null;
            for (Assumption.Key candidate : Assumption.Key.values()) {
                if (candidate.name().equalsIgnoreCase(entry.getKey())) {
                    key = candidate;
                }
            }
            String path = "assumptions." + entry.getKey();
            if (key == null) {
                throw failure(source, 1, path, "expected a name that 'apollo plan --json' has under assumptions");
            }
            if (!entry.getValue().isNumber() || entry.getValue().doubleValue() <= 0) {
                throw failure(source, 1, path, "expected a number above 0, found " + entry.getValue());
            }
            put(key, entry.getValue().doubleValue());
        });
    }

    private void number(JsonNode node, String name, Assumption.Key key, double factor) {
        JsonNode value = node.path(name);
        if (value.isNumber() && value.doubleValue() > 0) {
            put(key, value.doubleValue() * factor);
        }
    }

    private void put(Assumption.Key key, double value) {
        assumptions.put(key, value, Assumption.Basis.MEASURED, source);
        taken++;
    }

    private static ProfileException failure(String source, int line, String key, String text) {
        return new ProfileException(source, List.of(new ProfileProblem(line, key, text)));
    }
}
