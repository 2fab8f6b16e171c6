package org.apollofs.profile;

/**
 * What processes of the site prove themselves with.
 *
 * @param secretFile file with the site's secret, from the profile's folder unless absolute; empty: none, as an embedded site
 *     makes its own.
 */
public record SecurityProfile(String secretFile) {}
