package org.apollofs.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers other processes of the same user about this one: a Unix socket, a line of JSON asked, a line of JSON answered.
 *
 * <p>One thread of its own, one question at a time. The socket lies in the site's run folder, or under the temporary
 * folder where that path is longer than a socket's may be (108 bytes); the file {@code run/control} says where.
 */
final class ControlServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_SOCKET_PATH = 100;

    private final Path socket;
    private final Path pointer;
    private final ServerSocketChannel server;
    private final Function<JsonNode, ObjectNode> handler;
    private final Thread thread;

    private ControlServer(
            Path socket, Path pointer, ServerSocketChannel server, Function<JsonNode, ObjectNode> handler) {
        this.socket = socket;
        this.pointer = pointer;
        this.server = server;
        this.handler = handler;
        this.thread = new Thread(this::serve, "apollo-control");
        thread.setDaemon(true);
    }

    /** @param handler answers a question; what it throws is answered as an error. */
    static ControlServer start(SiteFolder folder, String siteName, Function<JsonNode, ObjectNode> handler)
            throws IOException {
        Path socket = folder.run().resolve("control.sock");
        if (socket.toString().getBytes(StandardCharsets.UTF_8).length > MAX_SOCKET_PATH) {
            socket = Path.of(System.getProperty("java.io.tmpdir"), "apollo-" + siteName + ".sock");
        }
        Files.deleteIfExists(socket); // of a process that was killed: the site lock is ours
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            ServerSocketChannel bound = server.bind(UnixDomainSocketAddress.of(socket));
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
            Files.writeString(folder.control(), socket + "\n");
            ControlServer control = new ControlServer(socket, folder.control(), bound, handler);
            control.thread.start();
            return control;
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    private void serve() {
        while (server.isOpen()) {
            try (SocketChannel channel = server.accept()) {
                answer(channel);
            } catch (AsynchronousCloseException closed) {
                return;
            } catch (ClosedChannelException closed) {
                return;
            } catch (IOException e) {
                LOG.warn("control request failed: {}", e.getMessage());
            }
        }
    }

    private void answer(SocketChannel channel) throws IOException {
        BufferedReader reader =
                new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
        String line = reader.readLine();
        if (line == null) {
            return;
        }
        ObjectNode answer;
        try {
            answer = handler.apply(JSON.readTree(line));
        } catch (JsonProcessingException e) {
            answer = JSON.createObjectNode().put("error", "control request is not JSON");
        } catch (RuntimeException e) {
            LOG.warn("control request failed: request={}", line, e);
            answer = JSON.createObjectNode().put("error", Failures.describe(e));
        }
        ByteBuffer bytes = ByteBuffer.wrap((JSON.writeValueAsString(answer) + "\n").getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            int written = channel.write(bytes);
            if (written < 0) {
                throw new IOException("control socket closed");
            }
        }
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(pointer);
            server.close();
            Files.deleteIfExists(socket);
            thread.join(1000);
        } catch (IOException e) {
            throw new IllegalStateException("control socket cannot be closed: socket=" + socket, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
