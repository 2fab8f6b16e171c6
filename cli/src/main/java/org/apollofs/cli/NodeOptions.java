package org.apollofs.cli;

import java.nio.file.Path;
import org.apollofs.profile.HardwareProfile;

/**
 * What a node is to be.
 *
 * @param mountPoint directory to mount on.
 */
record NodeOptions(SiteFolder folder, Path mountPoint, HardwareProfile profile) {}
