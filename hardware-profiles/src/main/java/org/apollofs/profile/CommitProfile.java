package org.apollofs.profile;

/**
 * The group commit of a target: chunks are acknowledged when a sync has made them durable, and one sync serves many. It starts
 * when nothing more is on its way, and else at the first of these bounds.
 *
 * @param bytes payload written and not synced; 0 for a sync with each chunk.
 * @param delayUs microseconds that a written chunk has waited; 0 for a sync as soon as there is anything.
 */
public record CommitProfile(long bytes, int delayUs) {}
