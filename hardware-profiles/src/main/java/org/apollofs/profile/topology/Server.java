package org.apollofs.profile.topology;

import org.apollofs.profile.GoalProfile;
import org.apollofs.profile.HardwareProfile;

/**
 * A machine of a site, at its place.
 *
 * @param address host name or address.
 * @param place name of the site it is at.
 * @param rack number in the place.
 * @param slot number in the rack, of its group.
 * @param powerFeed number in the place.
 * @param firstTarget id of its first target in the site; those of the others follow.
 */
public record Server(
        String address, String place, int rack, int slot, int powerFeed, int firstTarget, HardwareProfile machine) {
    /** Name of the failure domain that it is in. */
    public String domain(GoalProfile.Domain kind) {
        return switch (kind) {
            case SERVER -> place + "/" + address;
            case RACK -> place + "/rack-" + rack;
            case POWER -> place + "/feed-" + powerFeed;
        };
    }
}
