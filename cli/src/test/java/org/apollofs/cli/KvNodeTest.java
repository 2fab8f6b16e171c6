package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apollofs.profile.ProfileLoader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands for keys and the change log, against one site that runs. */
@Timeout(240)
final class KvNodeTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int RESTARTS = 2;

    @TempDir
    private static Path temporary;

    private static Path mountPoint;
    private static String dir;
    private static Node node;

    @BeforeAll
    static void startSite() throws IOException {
        assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "no /dev/fuse to mount with: run as root");
        SiteFolder folder = SiteFolder.of(temporary.resolve("site"));
        mountPoint = Files.createDirectory(temporary.resolve("mnt"));
        startNode();
        dir = folder.root().toString();
    }

    private static void startNode() {
        node = Node.start(
                new NodeOptions(
                        SiteFolder.of(temporary.resolve("site")),
                        mountPoint,
                        ProfileLoader.load("embedded").withTargetSize(64L << 20)),
                StopSignal.detached(),
                new PrintWriter(new StringWriter()));
    }

    @AfterAll
    static void stopSite() {
        if (node != null) {
            node.checkHealthy();
            node.close();
        }
    }

    private static CliRun run(ExitCode expected, String... args) {
        List<String> all = new ArrayList<>(List.of(args));
        all.addAll(List.of("--dir", dir));
        CliRun run = CliRun.of(all.toArray(String[]::new));
        assertEquals(expected.code(), run.exitCode(), run.err() + run.out());
        return run;
    }

    private static List<JsonNode> json(CliRun run) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : run.out().lines().toList()) {
            lines.add(JSON.readTree(line));
        }
        return lines;
    }

    @Test
    void shouldScan() throws IOException {
        for (String key : List.of("scan/b", "scan/a/x", "scan/a-b")) {
            run(ExitCode.OK, "kv", "put", key, "value of " + key);
        }
        assertEquals(
                "scan/a-b\nscan/a/x\nscan/b\n",
                run(ExitCode.OK, "kv", "scan", "scan/").out());
        assertEquals(
                "scan/b\tvalue of scan/b\n",
                run(ExitCode.OK, "kv", "scan", "scan/", "--after", "scan/a/x", "--values")
                        .out());
        List<JsonNode> found = json(run(ExitCode.OK, "kv", "scan", "scan/a", "--json", "--values", "--limit", "1"));
        assertEquals(1, found.size());
        assertEquals("value of scan/a-b", found.getFirst().get("value").asText());
        assertEquals("", run(ExitCode.OK, "kv", "scan", "nothing/").out());
    }

    @Test
    void shouldCarryOutTransactions() throws IOException {
        Path txn = Files.writeString(temporary.resolve("txn.json"), """
            {"when": [{"key": "txn/latest", "exists": false}],
             "then": [{"put": "txn/latest", "value": "step-1"}, {"rename": "txn-step.tmp", "to": "txn-step"},
                      {"get": "txn/latest"}],
             "else": [{"get": "txn/latest"}]}
            """);
        // A checkpoint that was written through the mount is published by the transaction.
        byte[] large = new byte[3_000_000];
        new Random(1).nextBytes(large);
        Path step = Files.createDirectory(mountPoint.resolve("txn-step.tmp"));
        Files.write(step.resolve("rank0"), large);
        JsonNode done = json(run(ExitCode.OK, "kv", "txn", txn.toString())).getFirst();
        assertTrue(done.get("succeeded").asBoolean());
        assertEquals("step-1", done.get("results").get(2).get("value").asText());
        assertArrayEquals(large, Files.readAllBytes(mountPoint.resolve("txn-step/rank0")));
        JsonNode failed =
                json(run(ExitCode.CONFLICT, "kv", "txn", txn.toString())).getFirst();
        assertEquals("step-1", failed.get("results").get(0).get("value").asText());
        Files.writeString(txn, "{\"then\": [{\"set\": \"x\"}]}");
        CliRun wrong = run(ExitCode.USAGE, "kv", "txn", txn.toString());
        assertTrue(wrong.err().contains("then[0]"), wrong.err());
        run(ExitCode.USAGE, "kv", "txn", temporary.resolve("absent.json").toString());
    }

    @Test
    void shouldPutLargeValues() throws IOException {
        byte[] large = new byte[5_000_001];
        new Random(2).nextBytes(large);
        Path file = Files.write(temporary.resolve("large.bin"), large);
        JsonNode put = json(run(ExitCode.OK, "kv", "put", "blobs/large", "--file", file.toString(), "--json"))
                .getFirst();
        assertArrayEquals(large, Files.readAllBytes(mountPoint.resolve("blobs/large")));
        JsonNode got =
                json(run(ExitCode.OK, "kv", "get", "blobs/large", "--json")).getFirst();
        assertEquals(put.get("version").asLong(), got.get("version").asLong());
        assertArrayEquals(large, Base64.getDecoder().decode(got.get("base64").asText()));
        // With the expected version as for small ones.
        run(ExitCode.CONFLICT, "kv", "put", "blobs/large", "--file", file.toString(), "--absent");
        run(ExitCode.CONFLICT, "kv", "put", "blobs/large", "--file", file.toString(), "--version-is", "1");
        run(
                ExitCode.OK,
                "kv",
                "put",
                "blobs/large",
                "small again",
                "--version-is",
                put.get("version").asText());
        assertEquals("small again", Files.readString(mountPoint.resolve("blobs/large")));
        run(ExitCode.USAGE, "kv", "put", "blobs", "--file", file.toString());
        run(
                ExitCode.USAGE,
                "kv",
                "put",
                "x",
                "--file",
                temporary.resolve("absent").toString());
        assertEquals("blobs/large\n", run(ExitCode.OK, "kv", "scan", "blobs/").out());
    }

    @Test
    void shouldDeleteKeysOfALease() throws IOException {
        String lease = run(ExitCode.OK, "kv", "lease", "grant", "60").out().strip();
        run(ExitCode.OK, "kv", "put", "leased/worker-1", "here", "--lease", lease);
        run(ExitCode.OK, "kv", "lease", "keep-alive", lease);
        run(ExitCode.OK, "kv", "get", "leased/worker-1");
        run(ExitCode.OK, "kv", "lease", "revoke", lease);
        run(ExitCode.ABSENT, "kv", "get", "leased/worker-1");
        run(ExitCode.ABSENT, "kv", "lease", "revoke", lease);
        run(ExitCode.ABSENT, "kv", "lease", "keep-alive", lease);
        run(ExitCode.ABSENT, "kv", "put", "leased/late", "x", "--lease", lease);
        // One that nobody renews ends by itself: the watch sees the deletion.
        JsonNode put = json(putUnderABriefLease("leased/brief")).getFirst();
        CliRun watch = run(
                ExitCode.OK,
                "kv",
                "watch",
                "leased/brief",
                "--count",
                "1",
                "--from",
                Long.toString(put.get("version").asLong() + 1));
        assertTrue(watch.out().contains("deleted leased/brief"), watch.out());
    }

    /** Under a lease that is as brief as the machine allows: it must last until the put. */
    private static CliRun putUnderABriefLease(String key) {
        for (double seconds = 0.5; ; seconds *= 2) {
            String lease = run(ExitCode.OK, "kv", "lease", "grant", Double.toString(seconds))
                    .out()
                    .strip();
            CliRun put = CliRun.of("kv", "put", key, "x", "--lease", lease, "--json", "--dir", dir);
            if (put.exitCode() == ExitCode.OK.code()) {
                return put;
            }
            assertEquals(ExitCode.ABSENT.code(), put.exitCode(), put.err());
        }
    }

    @Test
    void shouldWatchAndFollow() throws Exception {
        JsonNode put =
                json(run(ExitCode.OK, "kv", "put", "follow/a", "1", "--json")).getFirst();
        String from = put.get("version").asText();
        CompletableFuture<CliRun> watch = CompletableFuture.supplyAsync(
                () -> run(ExitCode.OK, "kv", "watch", "follow/", "--prefix", "--from", from, "--count", "3", "--json"));
        CompletableFuture<CliRun> follow = CompletableFuture.supplyAsync(() ->
                run(ExitCode.OK, "log", "--from", from, "--prefix", "follow/", "--follow", "--count", "3", "--json"));
        run(ExitCode.OK, "kv", "put", "follow/b", "2");
        run(ExitCode.OK, "kv", "delete", "follow/a");
        List<JsonNode> events = json(watch.get(60, TimeUnit.SECONDS));
        assertEquals("changed", events.get(0).get("event").asText());
        assertEquals("follow/b", events.get(1).get("key").asText());
        assertEquals("2", events.get(1).get("value").asText());
        assertEquals("deleted", events.get(2).get("event").asText());
        List<JsonNode> entries = json(follow.get(60, TimeUnit.SECONDS));
        assertEquals(
                List.of("put", "put", "delete"),
                entries.stream().map(entry -> entry.get("operation").asText()).toList());
    }

    /** A site that goes away and comes back: those who follow miss nothing, and see nothing twice. */
    @Test
    void shouldWatchAndFollowOverARestart() throws Exception {
        String from = json(run(ExitCode.OK, "kv", "put", "restart/0", "0", "--json"))
                .getFirst()
                .get("version")
                .asText();
        int count = 3 * RESTARTS + 1;
        CompletableFuture<CliRun> watch = CompletableFuture.supplyAsync(() -> run(
                ExitCode.OK,
                "kv",
                "watch",
                "restart/",
                "--prefix",
                "--from",
                from,
                "--count",
                Integer.toString(count),
                "--json"));
        CompletableFuture<CliRun> follow = CompletableFuture.supplyAsync(() -> run(
                ExitCode.OK,
                "log",
                "--from",
                from,
                "--prefix",
                "restart/",
                "--follow",
                "--count",
                Integer.toString(count),
                "--json"));
        for (int i = 1; i < count; i++) {
            if (i % 3 == 2) {
                node.checkHealthy();
                node.close();
                startNode();
            }
            run(ExitCode.OK, "kv", "put", "restart/" + i, Integer.toString(i));
        }
        List<JsonNode> events = json(watch.get(120, TimeUnit.SECONDS));
        List<JsonNode> entries = json(follow.get(120, TimeUnit.SECONDS));
        assertEquals(count, events.size());
        assertEquals(count, entries.size());
        for (int i = 0; i < count; i++) {
            assertEquals("restart/" + i, events.get(i).get("key").asText());
            assertEquals(Integer.toString(i), events.get(i).get("value").asText());
            assertEquals("restart/" + i, entries.get(i).get("path").asText());
        }
    }

    @Test
    void shouldKeepTheOffsetsOfConsumers() throws IOException {
        JsonNode put =
                json(run(ExitCode.OK, "kv", "put", "consumed/1", "x", "--json")).getFirst();
        run(ExitCode.OK, "kv", "put", "consumed/2", "x");
        String from = put.get("version").asText();
        String[] log = {"log", "--prefix", "consumed/", "--consumer", "trainer", "--json"};
        List<String> first = new ArrayList<>(List.of(log));
        first.addAll(List.of("--from", from, "--count", "1"));
        List<JsonNode> page = json(run(ExitCode.OK, first.toArray(String[]::new)));
        assertEquals("consumed/1", page.getFirst().get("path").asText());
        page = json(run(ExitCode.OK, log));
        assertEquals(1, page.size());
        assertEquals("consumed/2", page.getFirst().get("path").asText());
        assertEquals("", run(ExitCode.OK, log).out());
        assertTrue(run(ExitCode.OK, "log", "--consumers").out().contains("trainer\t"));
        CliRun text = run(ExitCode.OK, "log", "--from", from, "--prefix", "consumed/");
        assertTrue(text.out().startsWith(from + " "), text.out());
        assertTrue(text.out().contains(" put consumed/1 size=1"), text.out());
        CliRun expired = run(ExitCode.EXPIRED, "log", "--from", "0");
        assertTrue(expired.err().contains("first=1"), expired.err());
    }
}
