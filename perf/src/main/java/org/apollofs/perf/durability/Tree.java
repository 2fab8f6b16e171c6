package org.apollofs.perf.durability;

import java.io.IOException;
import java.util.Set;

/** A worker's folder as it is found: in a mount, or as keys. */
interface Tree {
    /** Names in it, those of its subdirectories too: paths from the folder. */
    Set<String> names() throws IOException;

    /** Whether a name leads to a directory. */
    boolean isDirectory(String name) throws IOException;

    /** What a file holds, or null if it is not there. */
    byte[] read(String name) throws IOException;
}
