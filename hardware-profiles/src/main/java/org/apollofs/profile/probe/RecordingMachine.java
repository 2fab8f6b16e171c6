package org.apollofs.profile.probe;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Writes down what is asked of a machine, as {@link RecordedMachine} reads it: to look at a machine from elsewhere. One thread. */
public final class RecordingMachine implements MachineSource {
    private final MachineSource machine;
    private final Map<String, String> entries = new TreeMap<>();

    /** @param machine that is asked. */
    public RecordingMachine(MachineSource machine) {
        this.machine = machine;
    }

    /** What was asked so far and had an answer. */
    public String recording() {
        StringBuilder text = new StringBuilder();
        entries.forEach(
                (key, value) -> text.append("== ").append(key).append('\n').append(value));
        return text.toString();
    }

    @Override
    public Optional<String> read(String path) {
        Optional<String> text = machine.read(path);
        text.ifPresent(value -> entries.put(path, value + "\n"));
        return text;
    }

    @Override
    public List<String> list(String path) {
        List<String> names = machine.list(path);
        // A name that nobody reads is there all the same.
        names.forEach(name -> entries.putIfAbsent(path + "/" + name, ""));
        return names;
    }

    @Override
    public Optional<String> resolve(String path) {
        Optional<String> target = machine.resolve(path);
        target.filter(value -> !value.equals(path)).ifPresent(value -> entries.put(path + " -> " + value, ""));
        return target;
    }

    @Override
    public Optional<String> run(String... command) {
        String key = "$ " + String.join(" ", command);
        Optional<String> text = machine.run(command);
        text.ifPresent(value -> entries.put(key, value + "\n"));
        return text;
    }
}
