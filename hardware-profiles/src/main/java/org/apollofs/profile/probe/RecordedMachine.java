package org.apollofs.profile.probe;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A machine that was written down, one entry after the other:
 *
 * <pre>
 * == /proc/swaps            text of a file follows, up to the next entry
 * == $ ethtool -g eth0      what the command prints
 * == /dev/x -> /dev/nvme0n1 a link
 * == ! /proc/swaps          not there, whatever is below (in an overlay)
 * </pre>
 *
 * Immutable.
 */
public final class RecordedMachine implements MachineSource {
    private static final String ENTRY = "== ";
    private static final String LINK = " -> ";
    private static final String COMMAND = "$ ";
    private static final String ABSENT = "! ";

    private final Map<String, String> texts = new TreeMap<>();
    private final Map<String, String> links = new TreeMap<>();

    private RecordedMachine() {}

    /** Reads a recording. */
    public static RecordedMachine parse(String recording) {
        return new RecordedMachine().add(recording);
    }

    /** This machine with entries of another recording in place of its own. */
    public RecordedMachine with(String overlay) {
        RecordedMachine other = new RecordedMachine();
        other.texts.putAll(texts);
        other.links.putAll(links);
        return other.add(overlay);
    }

    private RecordedMachine add(String recording) {
        String key = null;
        StringBuilder text = new StringBuilder();
        for (String line : (recording + "\n" + ENTRY).lines().toList()) {
            if (!line.startsWith(ENTRY.strip())) {
                text.append(line).append('\n');
                continue;
            }
            if (key != null) {
                put(key, text.toString().stripTrailing());
            }
            key = line.substring(Math.min(ENTRY.length(), line.length())).strip();
            text.setLength(0);
        }
        return this;
    }

    private void put(String key, String text) {
        if (key.startsWith(ABSENT)) {
            String path = key.substring(ABSENT.length()).strip();
            texts.keySet().removeIf(other -> isAtOrBelow(other, path));
            links.keySet().removeIf(other -> isAtOrBelow(other, path));
        } else if (key.contains(LINK)) {
            int arrow = key.indexOf(LINK);
            links.put(
                    key.substring(0, arrow).strip(),
                    key.substring(arrow + LINK.length()).strip());
        } else {
            texts.put(key, text);
        }
    }

    private static boolean isAtOrBelow(String path, String folder) {
        return path.equals(folder) || path.startsWith(folder + "/");
    }

    @Override
    public Optional<String> read(String path) {
        String text = texts.get(path);
        return text != null ? Optional.of(text) : Optional.ofNullable(texts.get(follow(path)));
    }

    @Override
    public List<String> list(String path) {
        TreeSet<String> names = new TreeSet<>();
        collect(texts, path, names);
        collect(links, path, names);
        String followed = follow(path);
        if (names.isEmpty() && !followed.equals(path)) {
            collect(texts, followed, names);
        }
        return new ArrayList<>(names);
    }

    private static void collect(Map<String, String> entries, String path, Set<String> names) {
        String below = path.endsWith("/") ? path : path + "/";
        for (String entry : entries.keySet()) {
            if (entry.startsWith(below)) {
                names.add(entry.substring(below.length()).split("/", 2)[0]);
            }
        }
    }

    @Override
    public Optional<String> resolve(String path) {
        String followed = follow(path);
        boolean there =
                !followed.equals(path) || texts.containsKey(path) || !list(path).isEmpty();
        return there ? Optional.of(followed) : Optional.empty();
    }

    /** Follows the link at a path, or at the nearest folder above it. */
    private String follow(String path) {
        for (String folder = path; !folder.isEmpty(); folder = folder.substring(0, folder.lastIndexOf('/'))) {
            String target = links.get(folder);
            if (target != null) {
                return target + path.substring(folder.length());
            }
            if (folder.lastIndexOf('/') < 0) {
                break;
            }
        }
        return path;
    }

    @Override
    public Optional<String> run(String... command) {
        return Optional.ofNullable(texts.get(COMMAND + String.join(" ", command)));
    }
}
