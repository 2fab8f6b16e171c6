/**
 * Acknowledged writes: a load that notes outside the site what was promised to it, and a verifier that holds the site to it.
 * A load works in a mount, or on keys; its journal alone is enough to judge what must, may and must not be there.
 */
package org.apollofs.perf.durability;
