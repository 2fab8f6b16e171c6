package org.apollofs.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers other processes of the same user about this one: a Unix socket, a line of JSON asked, a line of JSON answered.
 *
 * <p>One thread of its own, one question at a time; values that are streamed have a thread each. The socket lies in the site's run folder, or under the temporary
 * folder where that path is longer than a socket's may be (108 bytes); the file {@code run/control} says where.
 */
final class ControlServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_SOCKET_PATH = 100;
    private static final int MAX_LINE = 64 * 1024;

    private final Path socket;
    private final Path pointer;
    private final ServerSocketChannel server;
    private final Function<JsonNode, ObjectNode> handler;
    private final StreamHandler streams;
    private final Set<SocketChannel> streaming = ConcurrentHashMap.newKeySet();
    private final Thread thread;

    /** Serves requests that bytes follow, or that are answered with bytes; each on a thread of its own. */
    interface StreamHandler {
        boolean takes(JsonNode request);

        void serve(JsonNode request, InputStream in, OutputStream out) throws IOException;
    }

    private ControlServer(
            Path socket,
            Path pointer,
            ServerSocketChannel server,
            Function<JsonNode, ObjectNode> handler,
            StreamHandler streams) {
        this.socket = socket;
        this.pointer = pointer;
        this.server = server;
        this.handler = handler;
        this.streams = streams;
        this.thread = new Thread(this::serve, "apollo-control");
        thread.setDaemon(true);
    }

    /** @param handler answers a question; what it throws is answered as an error. */
    static ControlServer start(
            SiteFolder folder, String siteName, Function<JsonNode, ObjectNode> handler, StreamHandler streams)
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
            ControlServer control = new ControlServer(socket, folder.control(), bound, handler, streams);
            control.thread.start();
            return control;
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    private void serve() {
        while (server.isOpen()) {
            try {
                answer(server.accept());
            } catch (AsynchronousCloseException closed) {
                return;
            } catch (ClosedChannelException closed) {
                return;
            } catch (IOException e) {
                LOG.warn("control request failed: {}", e.getMessage());
            }
        }
    }

    /** Answers, and closes the channel, unless a thread of its own does. */
    private void answer(SocketChannel channel) throws IOException {
        boolean isHandedOn = false;
        try {
            InputStream in = new BufferedInputStream(Channels.newInputStream(channel));
            OutputStream out = Channels.newOutputStream(channel);
            String line = readLine(in);
            if (line == null) {
                return;
            }
            JsonNode request = parse(line);
            if (request != null && streams.takes(request)) {
                isHandedOn = true;
                stream(channel, request, in, new BufferedOutputStream(out));
            } else {
                out.write((answer(request) + "\n").getBytes(StandardCharsets.UTF_8));
            }
        } finally {
            if (!isHandedOn) {
                channel.close();
            }
        }
    }

    private static JsonNode parse(String line) {
        try {
            return JSON.readTree(line);
        } catch (JsonProcessingException e) {
            return null;
        }
    }

    private ObjectNode answer(JsonNode request) {
        if (request == null) {
            return JSON.createObjectNode().put("error", "control request is not JSON");
        }
        try {
            return handler.apply(request);
        } catch (RuntimeException e) {
            LOG.warn("control request failed: request={}", request, e);
            return JSON.createObjectNode().put("error", Failures.describe(e));
        }
    }

    private void stream(SocketChannel channel, JsonNode request, InputStream in, OutputStream out) {
        streaming.add(channel);
        Thread server = new Thread(
                () -> {
                    try (channel) {
                        streams.serve(request, in, out);
                    } catch (IOException | RuntimeException e) {
                        LOG.warn("control request failed: request={}, {}", request, Failures.describe(e));
                    } finally {
                        streaming.remove(channel);
                    }
                },
                "apollo-control-stream");
        server.setDaemon(true);
        server.start();
    }

    /** A line of UTF-8, without its end; null at the end of the stream. */
    static String readLine(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int next = in.read();
        if (next < 0) {
            return null;
        }
        while (next >= 0 && next != '\n') {
            if (line.size() == MAX_LINE) {
                throw new IOException("control request too long: limit=" + MAX_LINE);
            }
            line.write(next);
            next = in.read();
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(pointer);
            server.close();
            for (SocketChannel channel : streaming) {
                channel.close();
            }
            Files.deleteIfExists(socket);
            thread.join(1000);
        } catch (IOException e) {
            throw new IllegalStateException("control socket cannot be closed: socket=" + socket, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
