/**
 * Tests of the namespace on a real cluster of one member.
 */
package org.apollofs.namespace.cluster;
