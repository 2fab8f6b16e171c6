package org.apollofs.profile.check;

import java.util.Set;
import java.util.function.Function;
import org.apollofs.profile.MachineProfile;

/**
 * One check.
 *
 * @param id its number, the same for ever.
 * @param roles that it is for; a site in one process has all of them.
 * @param error whether what it finds is an error rather than a warning.
 * @param name what is looked at.
 * @param reason why it matters.
 * @param advice a command, or what to do.
 * @param examination looks; reads only.
 */
public record Check(
        int id,
        Set<MachineProfile.Role> roles,
        boolean error,
        String name,
        String reason,
        String advice,
        Function<Subject, Finding> examination) {
    public Check {
        roles = Set.copyOf(roles);
    }

    /** Whether a machine with a role is looked at. */
    public boolean isFor(MachineProfile.Role role) {
        return role == MachineProfile.Role.EMBEDDED || roles.contains(role);
    }

    /** Looks at a machine. */
    public CheckResult examine(Subject subject) {
        Finding finding = examination.apply(subject);
        Finding.Verdict verdict = finding.verdict();
        if (verdict == null) {
            verdict = error ? Finding.Verdict.BAD : Finding.Verdict.WARN;
        }
        return new CheckResult(id, name, verdict, finding.measured(), finding.expected(), reason, advice);
    }
}
