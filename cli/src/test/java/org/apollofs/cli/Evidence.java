package org.apollofs.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/** Journals and logs of a run in which something was wrong: {@code -Dapollo.keep=DIR} keeps them. */
final class Evidence {
    private static final String FOLDER = System.getProperty("apollo.keep");

    private Evidence() {}

    /** Copies the files of a test's folder, not what is below it, if that is wanted. */
    static void keep(Path folder) throws IOException {
        if (FOLDER == null) {
            System.out.println("to keep journal and logs: -Dapollo.keep=DIR");
            return;
        }
        Path kept = Files.createDirectories(Path.of(FOLDER));
        List<Path> files;
        try (Stream<Path> all = Files.list(folder)) {
            files = all.filter(Files::isRegularFile)
                    .filter(file -> !file.toString().endsWith(".img"))
                    .toList();
        }
        for (Path file : files) {
            Files.copy(file, kept.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        }
        System.out.println(
                "kept in " + kept + ": " + files.stream().map(Path::getFileName).toList());
    }
}
