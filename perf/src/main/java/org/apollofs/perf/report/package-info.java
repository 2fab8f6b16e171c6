/**
 * Results as a table for people and as JSON for programs, from the same rows.
 */
package org.apollofs.perf.report;
