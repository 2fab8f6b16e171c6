package org.apollofs.dataplane.repair;

import java.util.List;
import org.apollofs.namespace.client.Extent;

/**
 * What repair wants to know of the namespace: which stripes files refer to. A stripe that is still being written is not
 * among them, nor is one whose file is gone. {@code Namespace::liveExtents} is one.
 */
@FunctionalInterface
public interface NamespaceView {
    /**
     * All runs of stripes of files, a page of inodes at a time. May wait.
     *
     * @param lastInode gets the last inode of the page; {@code afterInode} again at the end.
     * @throws org.apollofs.namespace.client.NamespaceException if it does not answer: repair asks again later.
     */
    List<Extent> liveExtents(long afterInode, int inodeLimit, long[] lastInode);
}
