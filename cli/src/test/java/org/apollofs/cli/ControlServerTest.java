package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.agrona.CloseHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Those that ask a site's process and do not behave. */
@Timeout(120)
final class ControlServerTest {
    /** More than the server has places for. */
    private static final int SILENT = 100;

    private static final int ROUNDS = 200;

    private static final ControlServer.StreamHandler NO_STREAMS = new ControlServer.StreamHandler() {
        @Override
        public boolean takes(JsonNode request) {
            return false;
        }

        @Override
        public void serve(JsonNode request, InputStream in, OutputStream out) {
            throw new IllegalStateException("no streams here");
        }
    };

    @TempDir
    private Path temporary;

    private final long seed = Long.getLong("apollo.seed", 20261129);
    private final Random random = new Random(seed);
    private final List<SocketChannel> channels = new ArrayList<>();
    private SiteFolder folder;
    private ControlServer server;

    @BeforeEach
    void start() throws IOException {
        folder = SiteFolder.of(Files.createDirectory(temporary.resolve("site")));
        Files.createDirectory(folder.run());
        Files.writeString(folder.record(), "{}");
        server = ControlServer.start(folder, "control-server-test", ControlServerTest::answer, NO_STREAMS);
    }

    @AfterEach
    void stop() {
        CloseHelper.closeAll(channels);
        server.close();
    }

    private static ObjectNode answer(JsonNode request) {
        if (request.path("command").asText().equals("fail")) {
            throw new IllegalStateException("as asked");
        }
        return new ObjectMapper()
                .createObjectNode()
                .put("heard", request.path("command").asText());
    }

    private SocketChannel connect() throws IOException {
        Path socket = Path.of(Files.readString(folder.control()).strip());
        SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        channels.add(channel);
        return channel;
    }

    private void assertAnswers() {
        assertEquals("x", ControlClient.ask(folder, "x").path("heard").asText());
    }

    @Test
    void shouldAnswerOthersWhileOneAsksNothing() throws IOException {
        connect();
        connect().write(ByteBuffer.wrap("{\"command\"".getBytes(StandardCharsets.UTF_8)));
        assertAnswers();
    }

    /** All places are taken: the next waits until those that ask nothing are hung up on. */
    @Test
    void shouldAnswerWhenManyAskNothing() throws IOException {
        for (int i = 0; i < SILENT; i++) {
            connect();
        }
        assertAnswers();
        assertEquals(-1, channels.getFirst().read(ByteBuffer.allocate(1)));
    }

    @Test
    void shouldGoOnWhateverItIsAsked() throws IOException {
        System.out.println("seed=" + seed);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = new byte[random.nextInt(round % 20 == 0 ? 200_000 : 200)];
            random.nextBytes(bytes);
            try (SocketChannel channel = connect()) {
                channel.write(ByteBuffer.wrap(bytes));
                channel.write(ByteBuffer.wrap("\n".getBytes(StandardCharsets.UTF_8)));
            } catch (IOException e) {
                // It has hung up on a line that is too long.
                assertTrue(bytes.length > 64 << 10, e.toString());
            }
        }
        assertEquals("error", ask("[1, 2]").fieldNames().next());
        assertEquals("error", ask("{\"command\":").fieldNames().next());
        assertEquals("error", ask("{\"command\":\"fail\"}").fieldNames().next());
        assertAnswers();
    }

    private JsonNode ask(String line) throws IOException {
        try (SocketChannel channel = connect()) {
            channel.write(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)));
            InputStream in = Channels.newInputStream(channel);
            return new ObjectMapper().readTree(ControlServer.readLine(in));
        }
    }
}
