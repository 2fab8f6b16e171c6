package org.apollofs.profile;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Makes records of a tree that the schema has passed; absent keys get the schema's defaults. */
final class ProfileReader {
    private final ProfileSource source;
    private final ProfileSchema schema;

    ProfileReader(ProfileSource source, ProfileSchema schema) {
        this.source = source;
        this.schema = schema;
    }

    HardwareProfile read() {
        Section root = new Section(source.root(), List.of());
        Section layout = root.section("layout");
        return new HardwareProfile(
                source.name(),
                root.text("profile"),
                root.text("description"),
                new LayoutProfile(
                        layout.integer("dataChunks"),
                        layout.integer("parityChunks"),
                        layout.length("chunkLength"),
                        layout.length("inlineLimit")),
                targets(root),
                namespace(root.section("namespace")),
                lanes(root.section("lanes")),
                mount(root.section("mount")),
                threads(root.section("threads")),
                engine(root.section("engine")));
    }

    private static List<TargetProfile> targets(Section root) {
        List<TargetProfile> targets = new ArrayList<>();
        for (Section target : root.list("targets")) {
            int id = target.integer("id");
            targets.add(new TargetProfile(
                    id,
                    target.text("path"),
                    target.size("size"),
                    target.integer("queueDepth"),
                    target.has("failureDomain") ? target.text("failureDomain") : "target-" + id));
        }
        return targets;
    }

    private static NamespaceProfile namespace(Section namespace) {
        List<NamespaceProfile.Member> members = new ArrayList<>();
        for (Section member : namespace.list("members")) {
            members.add(new NamespaceProfile.Member(member.integer("id"), member.text("host"), member.integer("port")));
        }
        return new NamespaceProfile(
                members,
                namespace.integer("fileSyncLevel"),
                namespace.size("mapSize"),
                namespace.size("snapshotLog"),
                namespace.integer("snapshotIntervalMs"),
                namespace.integer("leaderTimeoutMs"),
                namespace.integer("sessionTimeoutMs"),
                namespace.integer("requestTimeoutMs"));
    }

    private static LaneProfile lanes(Section lanes) {
        return new LaneProfile(
                lanes.choice("media", LaneProfile.Media.class),
                lanes.length("mtu"),
                lanes.length("termLength"),
                lanes.length("window"),
                lanes.length("socketBuffers"),
                lanes.integer("creditChunks"));
    }

    private static MountProfile mount(Section mount) {
        return new MountProfile(
                mount.choice("backend", MountProfile.Backend.class),
                mount.length("maxWrite"),
                mount.integer("workers"),
                mount.integer("maxBackground"),
                mount.integer("attributeTimeoutMs"),
                mount.timeMs("errorAfter"));
    }

    private static ThreadProfile threads(Section threads) {
        return new ThreadProfile(
                threads.integer("targetThreads"),
                threads.choice("targetIdle", ThreadProfile.Idle.class),
                threads.choice("hostIdle", ThreadProfile.Idle.class),
                threads.choice("driverIdle", ThreadProfile.Idle.class),
                threads.choice("namespaceIdle", ThreadProfile.Idle.class));
    }

    private static EngineProfile engine(Section engine) {
        return new EngineProfile(
                engine.choice("device", EngineProfile.Device.class),
                engine.choice("preallocate", EngineProfile.Preallocate.class),
                engine.integer("hostSlabs"),
                engine.integer("targetSlabs"),
                engine.value("sqpoll").asBoolean(),
                engine.value("iopoll").asBoolean(),
                commit(engine.section("commit")),
                sweep(engine.section("sweep")),
                engine.integer("hedgeAfterMs"));
    }

    private static SweepProfile sweep(Section sweep) {
        return new SweepProfile(sweep.integer("delayMs"), sweep.integer("limitPercent"));
    }

    private static CommitProfile commit(Section commit) {
        return new CommitProfile(commit.length("bytes"), commit.integer("delayUs"));
    }

    /** A mapping in the file, and where it is in the schema. */
    private final class Section {
        private final JsonNode node;
        private final List<Object> path;

        Section(JsonNode node, List<Object> path) {
            this.node = node;
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

        Section section(String key) {
            return new Section(value(key), below(key));
        }

        List<Section> list(String key) {
            List<Section> sections = new ArrayList<>();
            JsonNode values = value(key);
            for (int i = 0; i < values.size(); i++) {
                List<Object> elementPath = new ArrayList<>(below(key));
                elementPath.add(i);
                sections.add(new Section(values.get(i), elementPath));
            }
            return sections;
        }

        String text(String key) {
            return value(key).asText();
        }

        int integer(String key) {
            return value(key).intValue();
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
}
