/**
 * The namespace under load beside a bare Aeron Cluster: members as processes, a closed-loop load on one thread, and what
 * came out.
 */
package org.apollofs.perf.kv;
