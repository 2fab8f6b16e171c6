package org.apollofs.profile;

/**
 * One thing wrong in a profile.
 *
 * @param file that the key is in, where that is not the profile's own but one that it extends; else null.
 * @param line in the file, from 1; 0 where there is no file.
 * @param key path of the key, as {@code layout.dataChunks} or {@code targets[2].size}; empty for the whole file.
 * @param text what was expected, and what was found.
 */
public record ProfileProblem(String file, int line, String key, String text) {
    /** A problem of the profile's own file. */
    public ProfileProblem(int line, String key, String text) {
        this(null, line, key, text);
    }

    ProfileProblem at(Origin origin) {
        return new ProfileProblem(origin.file(), origin.line(), key, text);
    }

    String format(String source) {
        return (file == null ? source : file) + (line > 0 ? ":" + line : "") + ": " + (key.isEmpty() ? "" : key + ": ")
                + text;
    }
}
