package org.apollofs.profile;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Writes a profile as {@link ProfileLoader} reads it: every key is there, so that it says all by itself. Any thread. */
public final class ProfileWriter {
    private ProfileWriter() {}

    /** The profile's text; reading it gives an equal profile, but for its source. */
    public static String toYaml(HardwareProfile profile) {
        ObjectMapper mapper = new ObjectMapper(new YAMLFactory().disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER));
        try {
            return mapper.writeValueAsString(tree(profile));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of plain values can be written", e);
        }
    }

    /** All values by their keys, as {@code targets[2].size}. */
    public static Map<String, String> values(HardwareProfile profile) {
        Map<String, String> values = new LinkedHashMap<>();
        collect(tree(profile), "", values);
        return values;
    }

    private static void collect(JsonNode node, String path, Map<String, String> values) {
        if (node.isObject()) {
            node.properties()
                    .forEach(entry -> collect(
                            entry.getValue(), path.isEmpty() ? entry.getKey() : path + "." + entry.getKey(), values));
        } else if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                collect(node.get(i), path + "[" + i + "]", values);
            }
        } else {
            values.put(path, node.asText());
        }
    }

    private static ObjectNode tree(HardwareProfile profile) {
        ObjectNode root = new ObjectMapper().createObjectNode();
        root.put("profile", profile.profile()).put("description", profile.description());
        putMachine(root.putObject("machine"), profile.machine());
        LayoutProfile layout = profile.layout();
        root.putObject("layout")
                .put("dataChunks", layout.dataChunks())
                .put("parityChunks", layout.parityChunks())
                .put("chunkLength", ByteSize.format(layout.chunkLength()))
                .put("inlineLimit", ByteSize.format(layout.inlineLimit()));
        ArrayNode targets = root.putArray("targets");
        for (TargetProfile target : profile.targets()) {
            targets.addObject()
                    .put("id", target.id())
                    .put("path", target.path())
                    .put("size", ByteSize.format(target.sizeBytes()))
                    .put("queueDepth", target.queueDepth())
                    .put("failureDomain", target.failureDomain());
        }
        putNamespace(root.putObject("namespace"), profile.namespace());
        LaneProfile lanes = profile.lanes();
        root.putObject("lanes")
                .put("media", name(lanes.media()))
                .put("mtu", ByteSize.format(lanes.mtu()))
                .put("termLength", ByteSize.format(lanes.termLength()))
                .put("window", ByteSize.format(lanes.window()))
                .put("socketBuffers", ByteSize.format(lanes.socketBuffers()))
                .put("creditChunks", lanes.creditChunks());
        MountProfile mount = profile.mount();
        root.putObject("mount")
                .put("backend", name(mount.backend()))
                .put("maxWrite", ByteSize.format(mount.maxWrite()))
                .put("workers", mount.workers())
                .put("maxBackground", mount.maxBackground())
                .put("attributeTimeoutMs", mount.attributeTimeoutMs())
                .put("errorAfter", TimeSpan.format(mount.errorAfterMs()));
        putThreads(root.putObject("threads"), profile.threads());
        putEngine(root.putObject("engine"), profile.engine());
        RepairProfile repair = profile.repair();
        root.putObject("repair")
                .put("repairPercent", repair.repairPercent())
                .put("backgroundPercent", repair.backgroundPercent())
                .put("scrubDays", repair.scrubDays());
        root.putObject("security").put("secretFile", profile.security().secretFile());
        return root;
    }

    private static void putNamespace(ObjectNode node, NamespaceProfile namespace) {
        ArrayNode members = node.putArray("members");
        for (NamespaceProfile.Member member : namespace.members()) {
            members.addObject()
                    .put("id", member.id())
                    .put("host", member.host())
                    .put("port", member.port());
        }
        node.put("fileSyncLevel", namespace.fileSyncLevel())
                .put("mapSize", ByteSize.format(namespace.mapSizeBytes()))
                .put("snapshotLog", ByteSize.format(namespace.snapshotLogBytes()))
                .put("snapshotIntervalMs", namespace.snapshotIntervalMs())
                .put("leaderTimeoutMs", namespace.leaderTimeoutMs())
                .put("sessionTimeoutMs", namespace.sessionTimeoutMs())
                .put("requestTimeoutMs", namespace.requestTimeoutMs());
    }

    private static void putMachine(ObjectNode node, MachineProfile machine) {
        node.put("role", name(machine.role()))
                .put("cores", machine.cores())
                .put("memory", ByteSize.format(machine.memoryBytes()))
                .put("gpus", machine.gpus())
                .put("nics", machine.nics())
                .put("nicGbitPerSec", machine.nicGbitPerSec())
                .put("writeBytesPerSec", ByteSize.format(machine.writeBytesPerSec()))
                .put("readBytesPerSec", ByteSize.format(machine.readBytesPerSec()))
                .put("rackUnits", machine.rackUnits())
                .put("watts", machine.watts());
    }

    private static void putThreads(ObjectNode node, ThreadProfile threads) {
        node.put("targetThreads", threads.targetThreads())
                .put("targetIdle", name(threads.targetIdle()))
                .put("hostIdle", name(threads.hostIdle()))
                .put("driverIdle", name(threads.driverIdle()))
                .put("namespaceIdle", name(threads.namespaceIdle()));
    }

    private static void putEngine(ObjectNode node, EngineProfile engine) {
        node.put("device", name(engine.device()))
                .put("preallocate", name(engine.preallocate()))
                .put("hostSlabs", engine.hostSlabs())
                .put("targetSlabs", engine.targetSlabs())
                .put("sqpoll", engine.sqpoll())
                .put("iopoll", engine.iopoll())
                .put("hedgeAfterMs", engine.hedgeAfterMs());
        node.putObject("sweep")
                .put("delayMs", engine.sweep().delayMs())
                .put("limitPercent", engine.sweep().limitPercent());
        node.putObject("commit")
                .put("bytes", engine.commit().bytes())
                .put("delayUs", engine.commit().delayUs());
    }

    private static String name(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
