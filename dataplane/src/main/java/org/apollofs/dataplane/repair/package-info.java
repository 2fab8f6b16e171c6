/**
 * Keeps targets and namespace in step: deletes the chunks of stripes that no file refers to.
 */
package org.apollofs.dataplane.repair;
