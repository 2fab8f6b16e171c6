/**
 * The host's side of the data plane: open files, what they hold uncommitted, and how it becomes durable.
 */
package org.apollofs.dataplane.client;
