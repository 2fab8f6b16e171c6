/**
 * The namespace on Aeron Cluster: the service that applies the log, the member that hosts it, the client that sends commands.
 */
package org.apollofs.namespace.cluster;
