/**
 * Checkpoints as training frameworks write and read them: shapes, operation order, verification. Threads are its own.
 */
package org.apollofs.perf.workload;
