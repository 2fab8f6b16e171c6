package org.apollofs.dataplane.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apollofs.dataplane.stripe.TargetProbe;
import org.apollofs.transport.ErrorCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The proof that a host's targets write and read. */
@Timeout(60)
class TargetProbeTest {
    private static final long LONG_NS = TimeUnit.MINUTES.toNanos(10);

    @TempDir
    Path directory;

    @Test
    void shouldProveEveryTargetAndLeaveNothing() {
        try (TestSite site = new TestSite(directory, "2+1", 5)) {
            TestSite.Host host = site.host();
            site.collectGarbage(host);
            List<TargetProbe.Outcome> outcomes = host.client.probe(LONG_NS);
            assertEquals(
                    List.of(0, 1, 2, 3, 4),
                    outcomes.stream()
                            .map(TargetProbe.Outcome::targetId)
                            .sorted()
                            .toList());
            outcomes.forEach(outcome -> assertNull(outcome.failure(), outcome.toString()));
            TestSite.await(() -> site.totalChunks() == 0);
        }
    }

    @Test
    void shouldSayWhichTargetFailsAndHow() {
        try (TestSite site = new TestSite(directory, "4+2", 6)) {
            TestSite.Host host = site.host();
            site.targets[1].failWrites = ErrorCode.IO_ERROR;
            site.targets[2].capacity = 0;
            site.targets[3].failReads = ErrorCode.IO_ERROR;
            site.targets[4].corruptReads = true;
            site.network.isolate(5, true);
            TestSite.await(() -> host.client.targets().connectedCount() == 5);
            CompletableFuture<List<TargetProbe.Outcome>> probe =
                    CompletableFuture.supplyAsync(() -> host.client.probe(LONG_NS));
            // Two are done by then, the last one never will be.
            TestSite.await(() -> site.totalChunks() >= 3);
            while (!probe.isDone()) {
                site.clock.leap(TimeUnit.MINUTES.toNanos(1));
                LockSupport.parkNanos(1_000_000);
            }
            for (TargetProbe.Outcome outcome : probe.join()) {
                assertEquals(outcome.targetId() == 0, outcome.failure() == null, outcome.toString());
                assertEquals(outcome.targetId() == 2, outcome.isFull(), outcome.toString());
            }
            assertTrue(
                    probe.join().stream()
                            .anyMatch(outcome ->
                                    outcome.targetId() == 5 && outcome.failure().contains("not connected")),
                    probe.join().toString());
        }
    }

    @Test
    void shouldLeaveOutWhatIsGone() {
        try (TestSite site = new TestSite(directory, "4+2", 6)) {
            for (int target = 0; target < 2; target++) {
                site.network.isolate(target, true);
            }
            TestSite.Host host = site.host2();
            for (int target = 0; target < 2; target++) {
                host.client.targets().leaveOut(target, "gone for this test");
            }
            List<TargetProbe.Outcome> outcomes = host.client.probe(LONG_NS);
            assertEquals(4, outcomes.size());
            outcomes.forEach(outcome -> assertNull(outcome.failure(), outcome.toString()));
        }
    }
}
