/**
 * Tests of the namespace without a cluster.
 */
package org.apollofs.namespace.local;
