package org.apollofs.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What a site is and stays: {@code site.json}, written durably at the first start and again as each target is made.
 * A target listed here is never made a second time: if its folder is gone, its data is gone, and the site says so.
 *
 * @param siteId in every superblock.
 * @param layout k+m that the site was made with.
 * @param targets folders of the targets that were made, by id.
 */
record SiteRecord(UUID siteId, String created, String layout, int chunkLength, Map<Integer, String> targets) {
    private static final int FORMAT = 1;
    private static final ObjectMapper JSON = new ObjectMapper();

    SiteRecord {
        targets = Map.copyOf(targets);
    }

    SiteRecord withTarget(int id, String path) {
        Map<Integer, String> more = new TreeMap<>(targets);
        more.put(id, path);
        return new SiteRecord(siteId, created, layout, chunkLength, more);
    }

    static SiteRecord load(SiteFolder folder) {
        try {
            JsonNode json = JSON.readTree(Files.readString(folder.record()));
            int format = json.path("format").asInt();
            if (format != FORMAT) {
                throw damaged(folder, "format=" + format + ", known=" + FORMAT, null);
            }
            Map<Integer, String> targets = new TreeMap<>();
            for (JsonNode target : json.path("targets")) {
                targets.put(target.path("id").asInt(), target.path("path").asText());
            }
            return new SiteRecord(
                    UUID.fromString(json.path("siteId").asText()),
                    json.path("created").asText(),
                    json.path("layout").asText(),
                    json.path("chunkLength").asInt(),
                    targets);
        } catch (JsonProcessingException | IllegalArgumentException e) {
            throw damaged(folder, "not what Apollo writes", e);
        } catch (IOException e) {
            throw damaged(folder, Failures.describe(e), e);
        }
    }

    void store(SiteFolder folder) throws IOException {
        ObjectNode json = JSON.createObjectNode();
        json.put("format", FORMAT);
        json.put("siteId", siteId.toString());
        json.put("created", created);
        json.put("layout", layout);
        json.put("chunkLength", chunkLength);
        ArrayNode list = json.putArray("targets");
        new TreeMap<>(targets)
                .forEach((id, path) -> list.addObject().put("id", id).put("path", path));
        SiteFolder.writeDurably(
                folder.record(), JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n");
    }

    private static CommandFailure damaged(SiteFolder folder, String why, Exception origin) {
        return new CommandFailure(
                ExitCode.SITE,
                "site record cannot be used: file=" + folder.record() + ", " + why,
                "restore it from a copy, or use another --dir",
                origin);
    }
}
