/**
 * JMH benchmarks of the parts: run by {@code apollo jmh}, always with the allocation profiler.
 */
package org.apollofs.perf.jmh;
