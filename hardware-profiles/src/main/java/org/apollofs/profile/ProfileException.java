package org.apollofs.profile;

import java.util.List;

/**
 * A profile that cannot be used. The message is one line: the first problem as {@code file:line: key: expected ...,
 * found ...}, and how many more there are; {@link #problems()} has all.
 */
public final class ProfileException extends RuntimeException {
    private final transient List<ProfileProblem> problems;
    private final String source;

    /** @param problems at least one. */
    public ProfileException(String source, List<ProfileProblem> problems) {
        super(message(source, problems));
        this.source = source;
        this.problems = List.copyOf(problems);
    }

    /** All problems, in the order of the file. */
    public List<ProfileProblem> problems() {
        return problems;
    }

    /** File or built-in name. */
    public String source() {
        return source;
    }

    private static String message(String source, List<ProfileProblem> problems) {
        StringBuilder text = new StringBuilder(problems.getFirst().format(source));
        for (int i = 1; i < problems.size(); i++) {
            ProfileProblem problem = problems.get(i);
            text.append(i == 1 ? "; also wrong: " : ", ");
            text.append(problem.key().isEmpty() ? "file" : problem.key());
            if (problem.line() > 0) {
                text.append(" (line ").append(problem.line()).append(')');
            }
        }
        return text.toString();
    }
}
