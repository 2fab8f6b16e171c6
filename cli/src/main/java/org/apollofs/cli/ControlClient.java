package org.apollofs.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Asks the process that runs a site: see {@link ControlServer}. */
final class ControlClient {
    private static final ObjectMapper JSON = new ObjectMapper();

    private ControlClient() {}

    /**
     * Asks one question.
     *
     * @return the answer.
     * @throws CommandFailure if there is no such site, it does not run, or it answers with an error.
     */
    static JsonNode ask(SiteFolder folder, String command) {
        if (!folder.isSite()) {
            throw new CommandFailure(
                    ExitCode.SITE, "no site: dir=" + folder.root(), "give --dir the folder of 'apollo up --dir'");
        }
        if (!Files.exists(folder.control())) {
            throw notRunning(folder, null);
        }
        try {
            Path socket = Path.of(Files.readString(folder.control()).strip());
            JsonNode answer = exchange(socket, JSON.createObjectNode().put("command", command));
            if (answer.hasNonNull("error")) {
                throw new CommandFailure(
                        ExitCode.UNAVAILABLE,
                        "the site answers " + command + " with: "
                                + answer.get("error").asText(),
                        "see what 'apollo up' has printed");
            }
            return answer;
        } catch (IOException e) {
            throw notRunning(folder, e);
        }
    }

    private static JsonNode exchange(Path socket, JsonNode request) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            ByteBuffer bytes = ByteBuffer.wrap((request + "\n").getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                int written = channel.write(bytes);
                if (written < 0) {
                    throw new IOException("control socket closed");
                }
            }
            BufferedReader reader =
                    new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
            String line = reader.readLine();
            if (line == null) {
                throw new IOException("no answer");
            }
            return JSON.readTree(line);
        }
    }

    private static CommandFailure notRunning(SiteFolder folder, IOException origin) {
        return new CommandFailure(
                ExitCode.UNAVAILABLE,
                "the site is not running: dir=" + folder.root(),
                "start it with 'apollo up --dir " + folder.root() + " --mount MNT'",
                origin);
    }
}
