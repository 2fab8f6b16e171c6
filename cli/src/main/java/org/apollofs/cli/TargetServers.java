package org.apollofs.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.agrona.concurrent.SystemNanoClock;
import org.apollofs.dataplane.target.StorageTarget;
import org.apollofs.dataplane.target.StorageTargetContext;
import org.apollofs.io.device.Backend;
import org.apollofs.io.device.BlockDeviceContext;
import org.apollofs.profile.EngineProfile;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.TargetProfile;
import org.apollofs.transport.Network;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The storage targets of this process, spread over threads. A target that is gone, that is not what the site expects, or
 * whose device fails is left out, and the site is degraded; nothing on it is changed. Closing ends the threads, which
 * close their targets.
 */
final class TargetServers implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TargetServers.class);
    private static final int MIN_READ_SLABS = 4;

    private final List<StorageTarget> targets = new ArrayList<>();
    private final Map<Integer, String> left = new TreeMap<>();
    private final CloseStack threads = new CloseStack();

    private TargetServers() {}

    /**
     * Opens and recovers all targets that are there.
     *
     * @throws IOException if one that the site has just made cannot be used.
     */
    static TargetServers open(SiteFiles files, HardwareProfile profile, Network network) throws IOException {
        TargetServers servers = new TargetServers();
        try {
            for (TargetProfile target : profile.targets()) {
                String why = files.leftOut().get(target.id());
                if (why != null) {
                    servers.leaveOut(target.id(), why);
                } else {
                    servers.openTarget(files, profile, network, target);
                }
            }
            return servers;
        } catch (IOException | RuntimeException e) {
            servers.close();
            throw e;
        }
    }

    private void openTarget(SiteFiles files, HardwareProfile profile, Network network, TargetProfile target)
            throws IOException {
        EngineProfile engine = profile.engine();
        int credit = profile.lanes().creditChunks();
        BlockDeviceContext device = device(engine).queueDepth(target.queueDepth());
        try {
            targets.add(StorageTarget.open(new StorageTargetContext()
                    .directory(files.targets().path(target))
                    .siteId(files.record().siteId())
                    .targetId(target.id())
                    .network(network)
                    .clock(SystemNanoClock.INSTANCE)
                    .device(device)
                    .chunkLength(profile.layout().chunkLength())
                    .creditChunks(credit)
                    .commitBytes(Math.max(1, engine.commit().bytes()))
                    .commitDelayNs(TimeUnit.MICROSECONDS.toNanos(engine.commit().delayUs()))
                    .mark(files.mark())
                    .leastSequence(files.leastSequence(target.id()))
                    .readSlabs(Math.max(MIN_READ_SLABS, engine.targetSlabs() - credit))));
        } catch (IOException e) {
            if (files.isFresh()) {
                throw e;
            }
            leaveOut(target.id(), Failures.describe(e));
        }
    }

    /** How the profile wants devices opened; the caller sets the queue depth. */
    static BlockDeviceContext device(EngineProfile engine) {
        return new BlockDeviceContext()
                .backend(
                        switch (engine.device()) {
                            case AUTO -> Backend.AUTO;
                            case URING -> Backend.URING;
                            case FILECHANNEL -> Backend.FILE_CHANNEL;
                        })
                .sqPoll(engine.sqpoll())
                .ioPoll(engine.iopoll());
    }

    private void leaveOut(int targetId, String why) {
        LOG.warn("target is left out, the site is degraded: target={}, {}", targetId, why);
        left.put(targetId, why);
    }

    /** Starts the threads; targets are dealt out to them in turn. */
    void start(HardwareProfile profile, DataThreads idle, BiConsumer<String, Throwable> onFailure) {
        int count = Math.min(profile.threads().targetThreads(), Math.max(1, targets.size()));
        for (int i = 0; i < count; i++) {
            List<StorageTarget> share = new ArrayList<>();
            for (int j = i; j < targets.size(); j += count) {
                share.add(targets.get(j));
            }
            threads.push(AgentThread.start(
                    "apollo-targets-" + i,
                    share,
                    idle.newStrategy(profile.threads().targetIdle()),
                    onFailure));
        }
    }

    /** Targets that serve. */
    List<StorageTarget> targets() {
        return targets;
    }

    /** Targets that do not, and why. */
    Map<Integer, String> leftOut() {
        return left;
    }

    @Override
    public void close() {
        threads.close();
        for (StorageTarget target : targets) {
            target.close(); // idempotent: for those that no thread ran
        }
    }
}
