package org.apollofs.fuse;

import org.apollofs.namespace.client.Inode;

/** Where a directory listing goes. */
@FunctionalInterface
public interface EntrySink {
    /**
     * Takes one entry.
     *
     * @param inode number of the inode, {@link #UNKNOWN_INODE} for "..".
     * @param attributes the inode itself, or null for "." and "..".
     * @param nextOffset offset at which the listing goes on after this entry.
     * @return false if there was no room: the entry was not taken, and the listing stops.
     */
    boolean accept(byte[] name, long inode, int mode, Inode attributes, long nextOffset);

    /** An inode number for an entry whose number nobody knows; as libfuse has it. */
    long UNKNOWN_INODE = 0xffff_ffffL;
}
