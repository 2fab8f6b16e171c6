package org.apollofs.profile.check;

/**
 * What came of a check.
 *
 * @param measured what is there, or why nobody can say.
 * @param expected what should be; empty where all is well.
 * @param reason why it matters.
 * @param advice the mend.
 */
public record CheckResult(
        int id, String name, Finding.Verdict verdict, String measured, String expected, String reason, String advice) {}
