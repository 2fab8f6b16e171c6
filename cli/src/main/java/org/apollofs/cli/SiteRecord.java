package org.apollofs.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
 * @param identity what it knows of the site's other parts.
 */
record SiteRecord(
        UUID siteId,
        String created,
        String layout,
        int chunkLength,
        Map<Integer, String> targets,
        SiteIdentity identity) {
    private static final int FORMAT = 2;
    /** Without an identity: taken over by the next start. */
    private static final int FIRST_FORMAT = 1;

    private static final ObjectMapper JSON = new ObjectMapper();

    SiteRecord {
        targets = Map.copyOf(targets);
    }

    /** A site of which nothing is known yet but what it shall be. */
    SiteRecord(UUID siteId, String created, String layout, int chunkLength, Map<Integer, String> targets) {
        this(siteId, created, layout, chunkLength, targets, SiteIdentity.NONE);
    }

    SiteRecord withTarget(int id, String path) {
        Map<Integer, String> more = new TreeMap<>(targets);
        more.put(id, path);
        return new SiteRecord(siteId, created, layout, chunkLength, more, identity);
    }

    SiteRecord withIdentity(SiteIdentity other) {
        return new SiteRecord(siteId, created, layout, chunkLength, targets, other);
    }

    /** Whether it was made before parts had marks: what is missing then can only be told by the record. */
    boolean isOfFirstFormat() {
        return identity.equals(SiteIdentity.NONE);
    }

    static SiteRecord load(SiteFolder folder) {
        return load(folder, folder.record());
    }

    /** Reads the record, or a copy of it. */
    static SiteRecord load(SiteFolder folder, Path file) {
        try {
            JsonNode json = JSON.readTree(Files.readString(file));
            int format = json.path("format").asInt();
            if (format != FORMAT && format != FIRST_FORMAT) {
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
                    targets,
                    format == FIRST_FORMAT ? SiteIdentity.NONE : identity(json));
        } catch (JsonProcessingException | IllegalArgumentException e) {
            throw damaged(folder, "not what Apollo writes", e);
        } catch (IOException e) {
            throw damaged(folder, Failures.describe(e), e);
        }
    }

    private static SiteIdentity identity(JsonNode json) {
        Map<Integer, SiteIdentity.TargetNote> notes = new TreeMap<>();
        for (JsonNode target : json.path("targets")) {
            if (target.hasNonNull("formatId")) {
                notes.put(
                        target.path("id").asInt(),
                        new SiteIdentity.TargetNote(
                                Long.parseUnsignedLong(target.path("formatId").asText(), 16),
                                target.path("generation").asLong(),
                                target.path("sequence").asLong()));
            }
        }
        List<UUID> discarded = new ArrayList<>();
        json.path("discarded").forEach(id -> discarded.add(UUID.fromString(id.asText())));
        JsonNode namespace = json.path("namespace");
        return new SiteIdentity(
                json.path("generation").asLong(),
                UUID.fromString(namespace.path("id").asText()),
                namespace.path("made").asBoolean(),
                namespace.path("generation").asLong(),
                discarded,
                json.path("secretSha256").asText(),
                notes);
    }

    /** Writes it durably, and then a copy into the namespace's folder, which may be on another disk. */
    void store(SiteFolder folder) throws IOException {
        ObjectNode json = JSON.createObjectNode();
        json.put("format", FORMAT);
        json.put("siteId", siteId.toString());
        json.put("created", created);
        json.put("layout", layout);
        json.put("chunkLength", chunkLength);
        json.put("generation", identity.generation());
        json.putObject("namespace")
                .put("id", identity.namespaceId().toString())
                .put("made", identity.namespaceMade())
                .put("generation", identity.namespaceGeneration());
        ArrayNode discarded = json.putArray("discarded");
        identity.discarded().forEach(id -> discarded.add(id.toString()));
        json.put("secretSha256", identity.secret());
        ArrayNode list = json.putArray("targets");
        new TreeMap<>(targets).forEach((id, path) -> {
            ObjectNode target = list.addObject().put("id", id).put("path", path);
            SiteIdentity.TargetNote note = identity.targets().get(id);
            if (note != null) {
                target.put("formatId", Long.toHexString(note.formatId()))
                        .put("generation", note.generation())
                        .put("sequence", note.sequence());
            }
        });
        String text = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n";
        SiteFolder.writeDurably(folder.record(), text);
        if (Files.isDirectory(folder.namespace())) {
            SiteFolder.writeDurably(folder.recordCopy(), text);
        }
    }

    private static CommandFailure damaged(SiteFolder folder, String why, Exception origin) {
        return new CommandFailure(
                ExitCode.SITE,
                "site record cannot be used: file=" + folder.record() + ", " + why,
                "restore it from a copy, or use another --dir",
                origin);
    }
}
