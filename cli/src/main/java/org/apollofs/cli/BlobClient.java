package org.apollofs.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.apollofs.dataplane.client.DataException;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;

/** Values beyond the inline limit, put and got through the process that runs the site: see {@link SiteBlobs}. */
final class BlobClient {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int COPY_LENGTH = 256 * 1024;

    private BlobClient() {}

    /** What is said of a value before its bytes. */
    record Head(boolean found, long version, long size) {}

    /** Takes a value's bytes. */
    interface Sink {
        /** Called before the bytes. @return where they go, or null not to read them. */
        OutputStream open(Head head) throws IOException;
    }

    /** Sets a value from a stream. @return its version. @throws CommandFailure, NamespaceException, DataException. */
    static long put(SiteFolder folder, String key, InputStream value, long expectedVersion) throws IOException {
        ObjectNode request = JSON.createObjectNode()
                .put("command", "putBlob")
                .put("key", key)
                .put("expected", expectedVersion);
        try (SocketChannel channel = ControlClient.connect(folder)) {
            DataOutputStream out =
                    new DataOutputStream(new BufferedOutputStream(Channels.newOutputStream(channel), COPY_LENGTH));
            InputStream in = new BufferedInputStream(Channels.newInputStream(channel));
            out.write((request + "\n").getBytes(StandardCharsets.UTF_8));
            try {
                SiteBlobs.writePieces(value, out);
            } catch (IOException broken) {
                // Refused before all was read: the answer says why, if there is one.
                return answer(in, broken).get("version").asLong();
            }
            return answer(in, null).get("version").asLong();
        }
    }

    /** Reads a value into a sink. */
    static Head get(SiteFolder folder, String key, Sink sink) throws IOException {
        ObjectNode request = JSON.createObjectNode().put("command", "getBlob").put("key", key);
        try (SocketChannel channel = ControlClient.connect(folder)) {
            OutputStream out = Channels.newOutputStream(channel);
            out.write((request + "\n").getBytes(StandardCharsets.UTF_8));
            InputStream in = new BufferedInputStream(Channels.newInputStream(channel), COPY_LENGTH);
            JsonNode answer = answer(in, null);
            Head head = new Head(
                    answer.path("found").asBoolean(),
                    answer.path("version").asLong(),
                    answer.path("size").asLong());
            OutputStream to = head.found ? sink.open(head) : null;
            if (to != null) {
                copy(in, to, head.size, key);
            }
            return head;
        }
    }

    private static void copy(InputStream in, OutputStream to, long size, String key) throws IOException {
        byte[] bytes = new byte[COPY_LENGTH];
        long left = size;
        while (left > 0) {
            int count = in.read(bytes, 0, (int) Math.min(bytes.length, left));
            if (count < 0) {
                throw new CommandFailure(
                        ExitCode.VERIFY,
                        "the value could not be read to its end: key=" + key + ", read=" + (size - left) + ", size="
                                + size,
                        "it may have been replaced meanwhile: read it again, then see 'apollo status'");
            }
            to.write(bytes, 0, count);
            left -= count;
        }
        to.flush();
    }

    private static JsonNode answer(InputStream in, IOException broken) throws IOException {
        String line = ControlServer.readLine(in);
        if (line == null) {
            throw broken != null ? broken : new IOException("the site did not answer");
        }
        JsonNode answer = JSON.readTree(line);
        if (answer.has("code")) {
            throw new NamespaceException(
                    NamespaceError.of(answer.get("code").asInt()),
                    answer.path("error").asText());
        }
        if (answer.has("kind")) {
            throw new DataException(
                    DataException.Kind.valueOf(answer.get("kind").asText()),
                    answer.path("error").asText());
        }
        if (answer.has("error")) {
            throw new CommandFailure(
                    ExitCode.UNAVAILABLE, answer.get("error").asText(), "see what 'apollo up' has printed");
        }
        return answer;
    }
}
