package org.apollofs.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.CloseHelper;

/** Asks the process that runs a site: see {@link ControlServer}. */
final class ControlClient {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** How long a command waits for the site's process. A thread of its own answers, at once. */
    private static final long ANSWER_MS = TimeUnit.SECONDS.toMillis(20);

    private ControlClient() {}

    /**
     * Asks one question.
     *
     * @return the answer.
     * @throws CommandFailure if there is no such site, it does not run, or it answers with an error.
     */
    static JsonNode ask(SiteFolder folder, String command) {
        return ask(folder, JSON.createObjectNode().put("command", command));
    }

    /** As the other, with all fields of the request: {@code command} is one of them. */
    static JsonNode ask(SiteFolder folder, JsonNode request) {
        try (SocketChannel channel = connect(folder)) {
            JsonNode answer = within(folder, channel, request);
            if (answer.hasNonNull("error")) {
                throw new CommandFailure(
                        ExitCode.UNAVAILABLE,
                        "the site answers " + request.path("command").asText() + " with: "
                                + answer.get("error").asText(),
                        "see what 'apollo up' has printed");
            }
            return answer;
        } catch (IOException e) {
            throw notRunning(folder, e);
        }
    }

    /** Exchanges, and gives up when the site's process stands still: a read of such a socket has no deadline of its own. */
    private static JsonNode within(SiteFolder folder, SocketChannel channel, JsonNode request) throws IOException {
        CountDownLatch done = new CountDownLatch(1);
        AtomicBoolean isLate = new AtomicBoolean();
        Thread deadline = new Thread(
                () -> {
                    try {
                        if (!done.await(ANSWER_MS, TimeUnit.MILLISECONDS)) {
                            isLate.set(true);
                            CloseHelper.quietClose(channel);
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "apollo-control-deadline");
        deadline.setDaemon(true);
        deadline.start();
        try {
            return exchange(channel, request);
        } catch (IOException e) {
            if (isLate.get()) {
                throw new CommandFailure(
                        ExitCode.UNAVAILABLE,
                        "the site does not answer within " + ANSWER_MS / 1_000 + " s: dir=" + folder.root(),
                        "it stands still, or the machine has no processor for it: try again",
                        e);
            }
            throw e;
        } finally {
            done.countDown();
        }
    }

    /** A connection to the site's process. @throws CommandFailure if there is no such site, or it does not run. */
    static SocketChannel connect(SiteFolder folder) {
        try {
            // What may not be looked at is not what is not there.
            if (!isThere(folder.record())) {
                throw new CommandFailure(
                        ExitCode.SITE, "no site: dir=" + folder.root(), "give --dir the folder of 'apollo up --dir'");
            }
            if (!isThere(folder.control())) {
                SiteRemains.sweep(folder);
                throw notRunning(folder, null);
            }
            Path socket = Path.of(Files.readString(folder.control()).strip());
            return SocketChannel.open(UnixDomainSocketAddress.of(socket));
        } catch (AccessDeniedException e) {
            throw noPermission(folder, e);
        } catch (IOException e) {
            // A socket's refusal has no type of its own.
            boolean isDenied = e.getMessage() != null && e.getMessage().contains("Permission denied");
            if (isDenied) {
                throw noPermission(folder, e);
            }
            SiteRemains.sweep(folder);
            throw notRunning(folder, e);
        }
    }

    private static boolean isThere(Path path) throws IOException {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class) != null;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static CommandFailure noPermission(SiteFolder folder, IOException origin) {
        return new CommandFailure(
                ExitCode.PERMISSION,
                "no permission to ask the site: dir=" + folder.root() + ", " + Failures.describe(origin),
                "run it as the user that runs the site, or as root",
                origin);
    }

    private static JsonNode exchange(SocketChannel channel, JsonNode request) throws IOException {
        OutputStream out = Channels.newOutputStream(channel);
        out.write((request + "\n").getBytes(StandardCharsets.UTF_8));
        String line = ControlServer.readLine(new BufferedInputStream(Channels.newInputStream(channel)));
        if (line == null) {
            throw new IOException("no answer");
        }
        return JSON.readTree(line);
    }

    private static CommandFailure notRunning(SiteFolder folder, IOException origin) {
        return new CommandFailure(
                ExitCode.UNAVAILABLE,
                "the site is not running: dir=" + folder.root(),
                "start it with 'apollo up --dir " + folder.root() + " --mount MNT'",
                origin);
    }
}
