package org.apollofs.profile;

/**
 * How chunks are deleted that sessions which have ended wrote and no file refers to.
 *
 * @param delayMs between the two times that a chunk must be found dead before it is deleted.
 * @param limitPercent of a target's chunks: more are deleted only when an operator confirms it.
 */
public record SweepProfile(int delayMs, int limitPercent) {}
