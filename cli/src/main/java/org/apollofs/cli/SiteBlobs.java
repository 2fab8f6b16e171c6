package org.apollofs.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apollofs.dataplane.client.BlobKeyValue;
import org.apollofs.dataplane.client.DataException;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.client.NamespaceException;

/**
 * Values beyond the inline limit for other processes: their bytes come and go over the control socket, and the site's own
 * client writes and reads the stripes. A value comes in pieces (int32 length, bytes), ended by a length of 0, so that a
 * process that is killed halfway puts nothing.
 */
final class SiteBlobs implements ControlServer.StreamHandler {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_PIECE = 1 << 20;

    private final Namespace namespace;
    private final BlobKeyValue keys;

    SiteBlobs(Namespace namespace, BlobKeyValue keys) {
        this.namespace = namespace;
        this.keys = keys;
    }

    @Override
    public boolean takes(JsonNode request) {
        String command = request.path("command").asText();
        return command.equals("putBlob") || command.equals("getBlob");
    }

    @Override
    public void serve(JsonNode request, InputStream in, OutputStream out) throws IOException {
        String key = request.path("key").asText();
        try {
            if (request.path("command").asText().equals("putBlob")) {
                long version = keys.put(
                        key, new PieceInputStream(in), request.path("expected").asLong());
                answer(out, JSON.createObjectNode().put("version", version));
            } else {
                get(key, out);
            }
        } catch (NamespaceException e) {
            answer(out, error(e).put("code", e.error().code()));
        } catch (DataException e) {
            answer(out, error(e).put("kind", e.kind().name()));
        }
        out.flush();
    }

    private void get(String key, OutputStream out) throws IOException {
        Optional<KeyValue.Value> found = namespace.keyValue().get(key);
        ObjectNode answer = JSON.createObjectNode().put("found", found.isPresent());
        if (found.isEmpty()) {
            answer(out, answer);
            return;
        }
        KeyValue.Value value = found.get();
        answer(
                out,
                answer.put("version", value.version()).put("size", value.inode().size()));
        if (value.value() != null) {
            out.write(value.value());
        } else {
            keys.copyTo(value.inode(), out);
        }
    }

    private static ObjectNode error(RuntimeException e) {
        return JSON.createObjectNode().put("error", e.getMessage());
    }

    private static void answer(OutputStream out, ObjectNode answer) throws IOException {
        out.write((answer + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Writes a stream in pieces. */
    static void writePieces(InputStream from, DataOutputStream to) throws IOException {
        byte[] piece = from.readNBytes(MAX_PIECE);
        while (piece.length > 0) {
            to.writeInt(piece.length);
            to.write(piece);
            piece = from.readNBytes(MAX_PIECE);
        }
        to.writeInt(0);
        to.flush();
    }

    /** Reads what {@link #writePieces} wrote. */
    private static final class PieceInputStream extends InputStream {
        private final DataInputStream in;
        private int left;
        private boolean isEnded;

        PieceInputStream(InputStream in) {
            this.in = new DataInputStream(in);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] to, int offset, int length) throws IOException {
            if (left == 0 && !isEnded) {
                left = in.readInt();
                isEnded = left == 0;
                if (left < 0 || left > MAX_PIECE) {
                    throw new IOException("a piece is out of bounds: length=" + left);
                }
            }
            if (isEnded) {
                return -1;
            }
            int count = in.read(to, offset, Math.min(length, left));
            if (count < 0) {
                throw new EOFException("the value ends early");
            }
            left -= count;
            return count;
        }
    }
}
