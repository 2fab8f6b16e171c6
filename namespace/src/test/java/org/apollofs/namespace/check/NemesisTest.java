package org.apollofs.namespace.check;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.agrona.CloseHelper;
import org.agrona.IoUtil;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.cluster.ClusterNamespace;
import org.apollofs.namespace.cluster.FaultyLinks;
import org.apollofs.namespace.cluster.PinnedReads;
import org.apollofs.namespace.cluster.TestCluster;
import org.apollofs.namespace.command.NamespaceReads;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients work while members are killed, stopped, cut off and restarted; then somebody who was not there judges what they saw.
 *
 * <p>Longer: {@code -Dapollo.rounds=N} (each round has every fault once, in another order), {@code -Dapollo.members=5},
 * {@code -Dapollo.seed=S}.
 */
@Timeout(value = 3, unit = TimeUnit.HOURS)
class NemesisTest {
    private static final int ROUNDS = Integer.getInteger("apollo.rounds", 1);
    private static final int MEMBERS = Integer.getInteger("apollo.members", 3);
    private static final long SEED = Long.getLong("apollo.seed", System.nanoTime());
    private static final int CLIENTS = 6;
    private static final int KEYS = 5;
    /** Operations answered with and without a fault. */
    private static final int SOME = 150;

    /** Shorter than a fault: some operations get no answer. */
    private static final long DEADLINE_NS = TimeUnit.SECONDS.toNanos(4);
    /**
     * Of clients that do not learn who leads: a member that was deposed is asked like any other. Much shorter than a fault: a
     * member that comes back finds questions that are younger than what was written without it.
     */
    private static final long PINNED_DEADLINE_NS = TimeUnit.MILLISECONDS.toNanos(300);

    /** Snapshots often, so that a member can be left behind. */
    private static final String[] SHORT_LOG = {"term=1048576", "segment=1048576", "snapshot=2097152"};
    /** Bytes of log after which a member of that kind is left behind. */
    private static final int OUTRUN = 12 << 20;

    @TempDir
    Path folder;

    /** What is done to the members. */
    private enum Fault {
        KILL_LEADER,
        PAUSE_FOLLOWER,
        PAUSE_LEADER,
        PAUSE_IDLE_LEADER,
        CUT_OFF_LEADER,
        LOSE,
        DELAY,
        RESTART_ALL,
        LEAVE_BEHIND,
        LOSE_DISK
    }

    @Test
    void shouldStayLinearizableWithSeveralMembers() throws Exception {
        try (FaultyLinks links = FaultyLinks.of(folder, SEED);
                TestCluster cluster = TestCluster.launch(folder, MEMBERS, SHORT_LOG)) {
            run(cluster, links, Arrays.asList(Fault.values()));
        }
    }

    @Test
    void shouldStayLinearizableWithOneMember() throws Exception {
        try (FaultyLinks links = FaultyLinks.of(folder, SEED);
                TestCluster cluster = TestCluster.launch(folder, 1)) {
            run(cluster, links, List.of(Fault.RESTART_ALL, Fault.PAUSE_LEADER, Fault.RESTART_ALL));
        }
    }

    private void run(TestCluster cluster, FaultyLinks links, List<Fault> faults) throws Exception {
        Random random = new Random(SEED);
        List<ClusterNamespace> clients = new ArrayList<>();
        List<PinnedReads> pinned = new ArrayList<>();
        try {
            for (int i = 0; i < CLIENTS / 2; i++) {
                clients.add(ClusterNamespace.connect(cluster.client().deadlineNs(DEADLINE_NS)));
            }
            for (int member = 0; member < cluster.addresses().size(); member++) {
                pinned.add(new PinnedReads(cluster.client().deadlineNs(PINNED_DEADLINE_NS), member));
            }
            List<NamespaceReads> readers =
                    pinned.stream().map(PinnedReads::reads).toList();
            List<ClusterNamespace> faces = new ArrayList<>(clients);
            faces.addAll(clients);
            for (int round = 0; round < ROUNDS; round++) {
                List<Fault> order = new ArrayList<>(faults);
                Collections.shuffle(order, random);
                System.out.printf("nemesis: seed=%d, round=%d of %d, %s%n", SEED, round + 1, ROUNDS, order);
                History history = new History();
                Workload load = new Workload(history, faces, readers, KEYS, SEED, round);
                try (load) {
                    for (Fault fault : order) {
                        load.awaitMore(SOME);
                        inflict(fault, cluster, links, clients.getFirst(), random, load);
                    }
                    load.awaitMore(SOME);
                }
                // By somebody who was not there: what was acknowledged and not overwritten must be in every later
                // answer.
                try (ClusterNamespace late = cluster.connect()) {
                    load.readAll(late.keyValue());
                }
                for (int member = 0; member < pinned.size(); member++) {
                    assertTrue(load.answered(member) > 0, "a member answered nothing: member=" + member);
                }
                judge(history);
            }
        } finally {
            CloseHelper.quietCloseAll(pinned);
            CloseHelper.quietCloseAll(clients);
        }
    }

    private static void judge(History history) {
        List<Operation> operations = history.operations();
        long unknown = operations.stream().filter(Operation::isUnknown).count();
        System.out.printf("nemesis: seed=%d, operations=%d, without an answer=%d%n", SEED, operations.size(), unknown);
        LinearizabilityChecker.Verdict verdict = new LinearizabilityChecker().check(operations);
        assertTrue(verdict.isLinearizable(), () -> "seed=" + SEED + ": " + verdict.reason());
    }

    private static void inflict(
            Fault fault, TestCluster cluster, FaultyLinks links, ClusterNamespace client, Random random, Workload load)
            throws IOException {
        int members = cluster.addresses().size();
        int leader = Math.max(0, client.leader());
        int follower = (leader + 1 + random.nextInt(Math.max(1, members - 1))) % members;
        switch (fault) {
            case KILL_LEADER -> {
                cluster.kill(leader);
                load.awaitMore(SOME);
                cluster.start(leader);
            }
            case PAUSE_FOLLOWER -> {
                cluster.pause(follower);
                load.awaitMore(SOME);
                cluster.resume(follower);
            }
            case PAUSE_LEADER -> {
                cluster.pause(leader);
                if (members > 1) {
                    load.awaitMore(SOME);
                }
                cluster.resume(leader);
            }
            case PAUSE_IDLE_LEADER -> {
                // Its log ends with what is committed: nothing in it would keep a deposed leader from answering.
                load.between(() -> cluster.pause(leader));
                load.awaitMore(SOME);
                cluster.resume(leader);
            }
            case CUT_OFF_LEADER -> {
                links.cut(cluster.addresses().get(leader));
                load.awaitMore(SOME);
                links.join();
            }
            case LOSE -> {
                links.set(20 + random.nextInt(60), 0);
                load.awaitMore(SOME);
                links.set(0, 0);
            }
            case DELAY -> {
                links.set(5, 2_000 + random.nextInt(30_000));
                load.awaitMore(SOME);
                links.set(0, 0);
            }
            case RESTART_ALL -> {
                for (int member = 0; member < members; member++) {
                    cluster.kill(member);
                }
                for (int member = 0; member < members; member++) {
                    cluster.start(member);
                }
            }
            case LEAVE_BEHIND -> {
                int member = random.nextInt(members);
                cluster.kill(member);
                load.awaitMore(SOME);
                outrun(client.keyValue());
                cluster.start(member);
                // It copies, and is no member until it is done.
                cluster.awaitStarted(member);
            }
            case LOSE_DISK -> {
                int member = random.nextInt(members);
                cluster.kill(member);
                IoUtil.delete(cluster.folder(member).toFile(), false);
                load.awaitMore(SOME);
                cluster.start(member);
                cluster.awaitStarted(member);
            }
        }
    }

    /** Puts so much that the beginning of the log is deleted. */
    private static void outrun(KeyValue keys) {
        byte[] large = new byte[60_000];
        for (int i = 0; i < OUTRUN / large.length; i++) {
            keys.put("large/" + i % 10, large, KeyValue.ANY_VERSION);
        }
    }
}
