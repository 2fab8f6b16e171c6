package org.apollofs.namespace.cluster;

import java.util.concurrent.atomic.LongAdder;

/**
 * What a member counts. Each is written by the service's thread and read by any.
 *
 * <table>
 * <caption>Counters</caption>
 * <tr><td>commands</td><td>commands applied</td></tr>
 * <tr><td>batches</td><td>transactions of the tables</td></tr>
 * <tr><td>answersDropped</td><td>messages of results that a client did not take</td></tr>
 * <tr><td>framesTorn</td><td>commands whose checksum did not match: not applied</td></tr>
 * <tr><td>logTailsCut</td><td>recordings with a torn end, cut at start</td></tr>
 * <tr><td>snapshots</td><td>snapshots written</td></tr>
 * </table>
 */
public final class NamespaceCounters {
    public final LongAdder commands = new LongAdder();
    public final LongAdder batches = new LongAdder();
    public final LongAdder answersDropped = new LongAdder();
    public final LongAdder framesTorn = new LongAdder();
    public final LongAdder logTailsCut = new LongAdder();
    public final LongAdder snapshots = new LongAdder();
}
