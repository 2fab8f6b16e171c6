package org.apollofs.fuse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The mounts that this process sees, read from the kernel's table (proc(5), mountinfo). */
public final class MountTable {
    private static final Path MOUNT_INFO = Path.of("/proc/self/mountinfo");
    private static final int ID = 2;
    private static final int MOUNT_POINT = 4;

    private MountTable() {}

    /**
     * One mount.
     *
     * @param device "major:minor", as under /sys/class/bdi.
     * @param type file system: "fuse.apollo".
     */
    public record Entry(Path mountPoint, String device, String type, String source) {
        /** Whether Apollo made it. */
        public boolean isApollo() {
            return type.startsWith("fuse") && source.equals(SOURCE);
        }
    }

    /** What Apollo's mounts show as their source. */
    public static final String SOURCE = "apollo";

    /** The topmost mount at a path, which must be absolute and without links. */
    public static Optional<Entry> at(Path mountPoint) {
        List<String> lines;
        try {
            lines = Arrays.asList(new String(Files.readAllBytes(MOUNT_INFO), StandardCharsets.UTF_8).split("\n"));
        } catch (IOException e) {
            throw new MountException(
                    MountException.Reason.NOT_AVAILABLE,
                    "mount table cannot be read: path=" + MOUNT_INFO + ", cause=" + e.getMessage(),
                    e);
        }
        return lines.stream()
                .map(MountTable::parse)
                .flatMap(Optional::stream)
                .filter(entry -> entry.mountPoint().equals(mountPoint))
                .reduce((earlier, later) -> later);
    }

    /** Reads "36 35 98:0 /root /mount/point rw,noatime master:1 - ext3 /dev/root rw,errors=continue". */
    static Optional<Entry> parse(String line) {
        String[] fields = line.split(" ");
        int separator = Arrays.asList(fields).indexOf("-");
        if (separator < MOUNT_POINT + 1 || fields.length < separator + 3) {
            return Optional.empty();
        }
        return Optional.of(new Entry(
                Path.of(unescape(fields[MOUNT_POINT])), fields[ID], fields[separator + 1], fields[separator + 2]));
    }

    /** Blanks, tabs, line ends and backslashes stand as three octal digits. */
    private static String unescape(String field) {
        if (field.indexOf('\\') < 0) {
            return field;
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < field.length(); i++) {
            if (field.charAt(i) == '\\' && i + 3 < field.length()) {
                text.append((char) Integer.parseInt(field.substring(i + 1, i + 4), 8));
                i += 3;
            } else {
                text.append(field.charAt(i));
            }
        }
        return text.toString();
    }
}
