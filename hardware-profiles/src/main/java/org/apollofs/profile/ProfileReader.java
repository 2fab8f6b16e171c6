package org.apollofs.profile;

import java.util.ArrayList;
import java.util.List;

/** Makes records of a tree that the schema has passed; absent keys get the schema's defaults. */
final class ProfileReader {
    private final ProfileSource source;
    private final ProfileSchema schema;

    ProfileReader(ProfileSource source, ProfileSchema schema) {
        this.source = source;
        this.schema = schema;
    }

    HardwareProfile read() {
        ProfileSection root = new ProfileSection(source.root(), schema);
        ProfileSection layout = root.section("layout");
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
                engine(root.section("engine")),
                repair(root.section("repair")),
                new SecurityProfile(root.section("security").text("secretFile")),
                machine(root.section("machine")));
    }

    private static List<TargetProfile> targets(ProfileSection root) {
        List<TargetProfile> targets = new ArrayList<>();
        for (ProfileSection target : root.list("targets")) {
            int id = target.integer("id");
            targets.add(new TargetProfile(
                    id,
                    target.text("path"),
                    target.pages("size"),
                    target.integer("queueDepth"),
                    target.has("failureDomain") ? target.text("failureDomain") : "target-" + id));
        }
        return targets;
    }

    private static NamespaceProfile namespace(ProfileSection namespace) {
        List<NamespaceProfile.Member> members = new ArrayList<>();
        for (ProfileSection member : namespace.list("members")) {
            members.add(new NamespaceProfile.Member(member.integer("id"), member.text("host"), member.integer("port")));
        }
        return new NamespaceProfile(
                members,
                namespace.integer("fileSyncLevel"),
                namespace.pages("mapSize"),
                namespace.size("snapshotLog"),
                namespace.integer("snapshotIntervalMs"),
                namespace.integer("leaderTimeoutMs"),
                namespace.integer("sessionTimeoutMs"),
                namespace.integer("requestTimeoutMs"));
    }

    private static LaneProfile lanes(ProfileSection lanes) {
        return new LaneProfile(
                lanes.choice("media", LaneProfile.Media.class),
                lanes.length("mtu"),
                lanes.length("termLength"),
                lanes.length("window"),
                lanes.length("socketBuffers"),
                lanes.integer("creditChunks"));
    }

    private static MountProfile mount(ProfileSection mount) {
        return new MountProfile(
                mount.choice("backend", MountProfile.Backend.class),
                mount.length("maxWrite"),
                mount.integer("workers"),
                mount.integer("maxBackground"),
                mount.integer("attributeTimeoutMs"),
                mount.timeMs("errorAfter"));
    }

    private static ThreadProfile threads(ProfileSection threads) {
        return new ThreadProfile(
                threads.integer("targetThreads"),
                threads.choice("targetIdle", ThreadProfile.Idle.class),
                threads.choice("hostIdle", ThreadProfile.Idle.class),
                threads.choice("driverIdle", ThreadProfile.Idle.class),
                threads.choice("namespaceIdle", ThreadProfile.Idle.class));
    }

    private static EngineProfile engine(ProfileSection engine) {
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

    private static SweepProfile sweep(ProfileSection sweep) {
        return new SweepProfile(sweep.integer("delayMs"), sweep.integer("limitPercent"));
    }

    private static MachineProfile machine(ProfileSection machine) {
        return new MachineProfile(
                machine.choice("role", MachineProfile.Role.class),
                machine.integer("cores"),
                machine.size("memory"),
                machine.integer("gpus"),
                machine.integer("nics"),
                machine.integer("nicGbitPerSec"),
                machine.size("writeBytesPerSec"),
                machine.size("readBytesPerSec"),
                machine.integer("rackUnits"),
                machine.integer("watts"));
    }

    private static CommitProfile commit(ProfileSection commit) {
        return new CommitProfile(commit.length("bytes"), commit.integer("delayUs"));
    }

    private static RepairProfile repair(ProfileSection repair) {
        return new RepairProfile(
                repair.integer("repairPercent"), repair.integer("backgroundPercent"), repair.integer("scrubDays"));
    }
}
