/** From a number of GPUs to a site, and from a site's profile to what it is short of. */
package org.apollofs.profile.plan;
