package org.apollofs.profile.probe;

import java.util.List;
import java.util.Optional;

/** Where facts about a machine come from: this one, or one that was recorded. Nothing here changes anything. */
public interface MachineSource {
    /** Text of a file, without blanks at its end; empty if it is not there or may not be read. */
    Optional<String> read(String path);

    /** Names in a directory, sorted; none if it is not there or may not be read. */
    List<String> list(String path);

    /** Where a path leads once all links are followed; empty if it is not there. */
    Optional<String> resolve(String path);

    /** What a command prints, without blanks at its end; empty if it is not installed, fails, or takes longer than a few seconds. */
    Optional<String> run(String... command);
}
