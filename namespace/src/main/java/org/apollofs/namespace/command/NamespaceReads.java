package org.apollofs.namespace.command;

import java.util.List;
import java.util.Map;
import org.apollofs.namespace.client.ChangeLog;
import org.apollofs.namespace.client.ChangeView;
import org.apollofs.namespace.client.DirectoryPage;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.FileContent;
import org.apollofs.namespace.client.FreedRun;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.KeyPage;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.OpenSessions;
import org.apollofs.namespace.client.PlacementTable;

/**
 * The questions of {@code Namespace}, answered from the state beside the caller or by commands through the log. Throws
 * {@code NamespaceException} as the contract says. Thread-safe.
 */
public interface NamespaceReads {
    Inode lookup(long parent, byte[] name);

    Inode getAttributes(long inode);

    DirectoryPage readDirectory(long directory, byte[] after, int limit);

    FileContent readContent(long inode);

    /** @param path a key, in UTF-8. @return null if there is none. */
    KeyValue.Value get(byte[] path);

    /** The placement table with the lowest id above one, or null. */
    PlacementTable placementAfter(int id);

    List<FreedRun> freedRuns(int limit);

    List<Extent> liveExtents(long afterInode, int inodeLimit, long[] lastInode);

    long inodeCount();

    OpenSessions sessions();

    /**
     * Keys with a prefix.
     *
     * @param after exclusive, or null.
     */
    KeyPage scan(byte[] prefix, byte[] after, int limit, boolean keysOnly);

    /**
     * Hands out entries of the change log. Throws EXPIRED.
     *
     * @param mayBeStale whether what was committed last may be missing.
     * @param handler run by the calling thread, when nothing waits for it any more.
     */
    ChangeLog.Reached changes(long from, byte[] prefix, int limit, boolean mayBeStale, ChangeView.Handler handler);

    ChangeLog.Range changeRange();

    /** Offset of a named consumer, or 0. */
    long consumerOffset(byte[] name);

    /** Named consumers and their offsets, in order of name. */
    Map<String, Long> consumers();

    /** An extended attribute, or null. */
    byte[] xattr(long inode, byte[] name);

    List<byte[]> xattrNames(long inode);
}
