/**
 * Where bytes lie: the arithmetic of chunks, stripes and extents, and which targets hold a stripe. No I/O, no threads.
 */
package org.apollofs.dataplane.layout;
