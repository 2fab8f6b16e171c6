package org.apollofs.dataplane.repair;

/**
 * How far a job is, for the next process to go on from.
 *
 * @param job its name.
 * @param startedMs when it began, ms since 1970.
 * @param cursor the last inode that it is through with.
 * @param done stripes that it is through with.
 * @param found chunks that it found missing or bad.
 * @param lastEndedMs when the time before was through, ms since 1970; 0 if never.
 */
public record JobRecord(String job, long startedMs, long cursor, long done, long found, long lastEndedMs) {}
