package org.apollofs.profile;

/**
 * One thing wrong in a profile.
 *
 * @param line in the file, from 1; 0 where there is no file.
 * @param key path of the key, as {@code layout.dataChunks} or {@code targets[2].size}; empty for the whole file.
 * @param text what was expected, and what was found.
 */
public record ProfileProblem(int line, String key, String text) {
    ProfileProblem at(int otherLine) {
        return new ProfileProblem(otherLine, key, text);
    }

    String format(String source) {
        return source + (line > 0 ? ":" + line : "") + ": " + (key.isEmpty() ? "" : key + ": ") + text;
    }
}
