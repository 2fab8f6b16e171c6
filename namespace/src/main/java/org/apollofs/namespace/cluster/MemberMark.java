package org.apollofs.namespace.cluster;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * What a member notes of itself, in each part of its folder and in a file outside of it: so what is missing is not taken for
 * new, and what is another's or older is found. A small text file, see docs/formats.md. Immutable.
 *
 * @param namespaceId of the namespace; all zero while it is not known.
 * @param generation of the namespace, the latest that is known here.
 * @param member number of the member.
 * @param folder random, made with each log that the folder gets: a folder whose log was given up is another one.
 * @param started starts of this member, counted: written before it takes part.
 * @param confirmed starts of which all parts of the folder have the mark.
 * @param position in the log, up to which this member has once had it, synced and applied.
 * @param voted latest term that it has voted in; -1 for none.
 * @param hasLog whether there is a log that something may have been acknowledged with.
 */
record MemberMark(
        UUID namespaceId,
        long generation,
        int member,
        UUID folder,
        long started,
        long confirmed,
        long position,
        long voted,
        boolean hasLog) {
    static final UUID UNKNOWN = new UUID(0, 0);

    private static final String FORMAT = "apollo namespace member, mark 1";

    /** Whether both know which namespace they are of, and it is not the same. */
    boolean isOfAnother(UUID other) {
        return !namespaceId.equals(UNKNOWN) && !other.equals(UNKNOWN) && !namespaceId.equals(other);
    }

    MemberMark withNamespace(UUID id, long ofGeneration) {
        return new MemberMark(
                id.equals(UNKNOWN) ? namespaceId : id,
                Math.max(generation, ofGeneration),
                member,
                folder,
                started,
                confirmed,
                position,
                voted,
                hasLog);
    }

    MemberMark withStarts(long ofStarted, long ofConfirmed) {
        return new MemberMark(namespaceId, generation, member, folder, ofStarted, ofConfirmed, position, voted, hasLog);
    }

    MemberMark withProgress(long toPosition, long toVoted) {
        return new MemberMark(
                namespaceId,
                generation,
                member,
                folder,
                started,
                confirmed,
                Math.max(position, toPosition),
                Math.max(voted, toVoted),
                hasLog);
    }

    MemberMark withLog(boolean has) {
        return new MemberMark(namespaceId, generation, member, folder, started, confirmed, position, voted, has);
    }

    /** Of a folder that begins anew: it keeps its votes, and the count of starts. */
    MemberMark anew(UUID newFolder) {
        return new MemberMark(UNKNOWN, generation, member, newFolder, started, confirmed, 0, voted, false);
    }

    /** Reads one. @return null if there is none. @throws IOException if it cannot be read, or is damaged. */
    static MemberMark read(Path file) throws IOException {
        String text;
        try {
            text = Files.readString(file, US_ASCII);
        } catch (NoSuchFileException e) {
            return null;
        }
        int check = text.lastIndexOf("crc=");
        Map<String, String> fields = new HashMap<>();
        for (String line : text.split("\n", -1)) {
            int equals = line.indexOf('=');
            if (equals > 0) {
                fields.put(line.substring(0, equals), line.substring(equals + 1));
            }
        }
        if (check < 0 || !checksum(text.substring(0, check)).equals(fields.get("crc"))) {
            throw new IOException("the member's mark is damaged: file=" + file);
        }
        if (!text.startsWith(FORMAT + "\n")) {
            throw new IOException("the member's mark is of another format: file=" + file + ", known=" + FORMAT);
        }
        return new MemberMark(
                UUID.fromString(fields.get("namespace")),
                Long.parseLong(fields.get("generation")),
                Integer.parseInt(fields.get("member")),
                UUID.fromString(fields.get("folder")),
                Long.parseLong(fields.get("started")),
                Long.parseLong(fields.get("confirmed")),
                Long.parseLong(fields.get("position")),
                Long.parseLong(fields.get("voted")),
                Boolean.parseBoolean(fields.get("hasLog")));
    }

    /** Writes it durably, whole or not at all. */
    void write(Path file) throws IOException {
        String text = FORMAT + "\nnamespace=" + namespaceId + "\ngeneration=" + generation + "\nmember=" + member
                + "\nfolder=" + folder + "\nstarted=" + started + "\nconfirmed=" + confirmed + "\nposition=" + position
                + "\nvoted=" + voted + "\nhasLog=" + hasLog + "\n";
        MemberFolder.writeDurably(file, text + "crc=" + checksum(text) + "\n");
        MemberFolder.sync(file.toAbsolutePath().getParent());
    }

    private static String checksum(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(US_ASCII));
        return Long.toHexString(crc.getValue());
    }
}
