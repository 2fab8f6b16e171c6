package org.apollofs.profile;

/**
 * How redundancy is kept.
 *
 * @param repairPercent of the bandwidth that repair has while hosts read and write; all of it while they rest.
 * @param backgroundPercent of the bandwidth that the scrub has while hosts read and write, or repair goes on.
 * @param scrubDays in which every chunk is read and verified once; 0 for never.
 */
public record RepairProfile(int repairPercent, int backgroundPercent, int scrubDays) {}
