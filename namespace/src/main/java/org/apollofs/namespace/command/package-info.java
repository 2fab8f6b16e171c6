/**
 * Commands and results: what goes through the log. Encoded by SBE; the codecs are generated into {@code command.sbe}.
 */
package org.apollofs.namespace.command;
