package org.apollofs.cli;

import java.nio.file.Path;
import java.util.UUID;
import org.apollofs.profile.HardwareProfile;

/**
 * What a node is to be.
 *
 * @param mountPoint directory to mount on.
 * @param discard the site's id if the operator gives up what is missing of it, else null.
 */
record NodeOptions(SiteFolder folder, Path mountPoint, HardwareProfile profile, UUID discard) {
    /** Of a site of which nothing is given up. */
    NodeOptions(SiteFolder folder, Path mountPoint, HardwareProfile profile) {
        this(folder, mountPoint, profile, null);
    }
}
