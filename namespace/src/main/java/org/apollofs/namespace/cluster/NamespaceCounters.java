package org.apollofs.namespace.cluster;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * What a member counts. Any thread may read them.
 *
 * <table>
 * <caption>Counters</caption>
 * <tr><td>commands</td><td>commands applied</td></tr>
 * <tr><td>batches</td><td>transactions of the tables</td></tr>
 * <tr><td>answersDropped</td><td>messages of results that a client did not take</td></tr>
 * <tr><td>framesTorn</td><td>commands whose checksum did not match: not applied</td></tr>
 * <tr><td>logTailsCut</td><td>recordings with a torn end, cut at start</td></tr>
 * <tr><td>snapshots</td><td>snapshots written</td></tr>
 * <tr><td>snapshotLength</td><td>bytes of the snapshot written or read last</td></tr>
 * <tr><td>reads</td><td>questions answered beside the log</td></tr>
 * <tr><td>readConfirmations</td><td>rounds of asking the other members for them</td></tr>
 * <tr><td>readBarriers</td><td>marks sent into the log for them</td></tr>
 * <tr><td>readsRefused</td><td>messages of questions that were dropped: malformed, or of a client that is not known</td></tr>
 * <tr><td>logSegmentsPurged</td><td>files of the log that were deleted, being older than the snapshots that are kept</td></tr>
 * <tr><td>snapshotsPurged</td><td>recordings of old snapshots that were deleted</td></tr>
 * <tr><td>joins</td><td>copies of another member's snapshot and log, for an empty folder</td></tr>
 * </table>
 */
public final class NamespaceCounters {
    public final LongAdder commands = new LongAdder();
    public final LongAdder batches = new LongAdder();
    public final LongAdder answersDropped = new LongAdder();
    public final LongAdder framesTorn = new LongAdder();
    public final LongAdder logTailsCut = new LongAdder();
    public final LongAdder reads = new LongAdder();
    public final LongAdder readConfirmations = new LongAdder();
    public final LongAdder readBarriers = new LongAdder();
    public final LongAdder readsRefused = new LongAdder();
    public final LongAdder logSegmentsPurged = new LongAdder();
    public final LongAdder snapshotsPurged = new LongAdder();
    public final LongAdder joins = new LongAdder();
    public final LongAdder snapshots = new LongAdder();
    public final AtomicLong snapshotLength = new AtomicLong();
}
