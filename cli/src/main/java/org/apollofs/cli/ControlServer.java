package org.apollofs.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.agrona.CloseHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers other processes of the same user about this one: a Unix socket, a line of JSON asked, a line of JSON answered.
 *
 * <p>Each connection has a thread, at most {@value #MAX_CONNECTIONS} at a time beside those that stream values; one question is
 * answered at a time. Who has not asked within 10 s, or does not take the answer, is hung up on, so that nobody keeps others from being
 * answered. The socket lies in the site's run folder, or under the temporary folder where that path is longer than a socket's may be
 * (108 bytes); the file {@code run/control} says where.
 */
final class ControlServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_SOCKET_PATH = 100;
    private static final int MAX_LINE = 64 * 1024;
    private static final int MAX_CONNECTIONS = 64;
    /** How long a question, or the taking of an answer, may last: so often {@value #PATIENCE_STEP_MS} ms, in which nobody stood still. */
    private static final int PATIENCE_STEPS = 100;

    private static final long PATIENCE_STEP_MS = 100;

    private final Path socket;
    private final Path pointer;
    private final ServerSocketChannel server;
    private final Function<JsonNode, ObjectNode> handler;
    private final StreamHandler streams;
    private final Set<SocketChannel> connections = ConcurrentHashMap.newKeySet();
    private final Semaphore places = new Semaphore(MAX_CONNECTIONS);
    /** In order of their ends: all have the same time. */
    private final LinkedBlockingQueue<Patience> patience = new LinkedBlockingQueue<>();

    /** Steps that were waited, ever. Written by the thread that waits. */
    private volatile int steps;

    private final Thread thread;
    private final Thread patienceThread;

    /** Serves requests that bytes follow, or that are answered with bytes; each on a thread of its own. */
    interface StreamHandler {
        boolean takes(JsonNode request);

        void serve(JsonNode request, InputStream in, OutputStream out) throws IOException;
    }

    /** While somebody is waited for. @param sinceStep when that began. */
    private record Patience(SocketChannel channel, int sinceStep, CountDownLatch done) implements AutoCloseable {
        @Override
        public void close() {
            done.countDown();
        }
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
        this.patienceThread = new Thread(this::losePatience, "apollo-control-patience");
        patienceThread.setDaemon(true);
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
            control.patienceThread.start();
            return control;
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    private void serve() {
        while (server.isOpen()) {
            try {
                places.acquire();
                begin(server.accept());
            } catch (ClosedChannelException closed) {
                return;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (IOException e) {
                places.release();
                LOG.warn("control request failed: {}", e.getMessage());
            }
        }
    }

    private void begin(SocketChannel channel) {
        connections.add(channel);
        Thread own = new Thread(() -> converse(channel), "apollo-control-answer");
        own.setDaemon(true);
        own.start();
    }

    private void converse(SocketChannel channel) {
        boolean hasPlace = true;
        try (channel) {
            InputStream in = new BufferedInputStream(Channels.newInputStream(channel));
            OutputStream out = Channels.newOutputStream(channel);
            JsonNode request = question(channel, in);
            if (request != null && streams.takes(request)) {
                places.release();
                hasPlace = false;
                streams.serve(request, in, new BufferedOutputStream(out));
            } else if (request != null) {
                byte[] answer = (answer(request) + "\n").getBytes(StandardCharsets.UTF_8);
                try (Patience _ = waitFor(channel)) {
                    out.write(answer);
                }
            }
        } catch (IOException e) {
            // Whoever asked has gone, was hung up on, or said more than a line: nothing for the log of a site.
            LOG.debug("control request failed: {}", Failures.describe(e));
        } catch (RuntimeException e) {
            LOG.warn("control request failed: {}", Failures.describe(e));
        } finally {
            connections.remove(channel);
            if (hasPlace) {
                places.release();
            }
        }
    }

    /** What is asked, an empty node if it is not JSON; null if nothing is. */
    private JsonNode question(SocketChannel channel, InputStream in) throws IOException {
        try (Patience _ = waitFor(channel)) {
            String line = readLine(in);
            return line == null ? null : parse(line);
        }
    }

    private Patience waitFor(SocketChannel channel) {
        Patience mine = new Patience(channel, steps, new CountDownLatch(1));
        patience.add(mine);
        return mine;
    }

    /** Hangs up on those that let themselves be waited for. Steps, so that a process that stood still has lost one of them. */
    private void losePatience() {
        try {
            while (true) {
                Patience oldest = patience.take();
                while (steps - oldest.sinceStep() < PATIENCE_STEPS
                        && !oldest.done().await(PATIENCE_STEP_MS, TimeUnit.MILLISECONDS)) {
                    int next = steps + 1;
                    steps = next;
                }
                if (oldest.done().getCount() > 0) {
                    LOG.debug("control: hung up on who asks nothing, or takes no answer");
                    CloseHelper.quietClose(oldest.channel());
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("control: closes");
        }
    }

    private static JsonNode parse(String line) {
        try {
            return JSON.readTree(line);
        } catch (JsonProcessingException e) {
            return MissingNode.getInstance();
        }
    }

    private synchronized ObjectNode answer(JsonNode request) {
        if (!request.isObject()) {
            return JSON.createObjectNode().put("error", "control request is not a JSON object");
        }
        try {
            return handler.apply(request);
        } catch (RuntimeException e) {
            LOG.warn("control request failed: request={}", request, e);
            return JSON.createObjectNode().put("error", Failures.describe(e));
        }
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
            for (SocketChannel channel : connections) {
                channel.close();
            }
            patienceThread.interrupt();
            Files.deleteIfExists(socket);
            thread.interrupt();
            thread.join(1000);
            patienceThread.join(1000);
        } catch (IOException e) {
            throw new IllegalStateException("control socket cannot be closed: socket=" + socket, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
