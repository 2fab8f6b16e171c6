/**
 * The storage side of the data plane: a target answers the requests of lanes from its chunk store.
 */
package org.apollofs.dataplane.target;
