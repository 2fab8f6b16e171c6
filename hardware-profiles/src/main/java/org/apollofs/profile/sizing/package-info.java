/** How large a site must be: checkpoints, failures, intervals, bandwidth, capacity. Pure functions, units in their names. */
package org.apollofs.profile.sizing;
