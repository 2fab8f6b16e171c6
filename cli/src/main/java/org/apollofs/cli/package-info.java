/**
 * The {@code apollo} command: one class a subcommand, and the wiring of a site's node, the only place that starts
 * threads and processes.
 */
package org.apollofs.cli;
