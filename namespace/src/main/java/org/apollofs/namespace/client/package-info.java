/**
 * What hosts see of the namespace: inodes, keys, extents, sessions and the change log, whichever way it is hosted.
 */
package org.apollofs.namespace.client;
