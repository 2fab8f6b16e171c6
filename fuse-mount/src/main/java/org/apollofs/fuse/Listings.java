package org.apollofs.fuse;

import org.apollofs.dataplane.client.DataClient;
import org.apollofs.namespace.client.DirectoryEntry;
import org.apollofs.namespace.client.DirectoryPage;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.Namespace;

/** Open directories and their listings. Thread-safe; one listing at a time on one handle. */
final class Listings {
    private static final int LEAST_PAGE = 16;
    private static final int MOST_PAGE = 1024;
    private static final byte[] DOT = {'.'};
    private static final byte[] DOT_DOT = {'.', '.'};

    private final Namespace namespace;
    private final DataClient data;
    private final HandleTable<DirectoryHandle> directories = new HandleTable<>();

    Listings(Namespace namespace, DataClient data) {
        this.namespace = namespace;
        this.data = data;
    }

    /** Opens a directory. @return a handle for {@link #read}. */
    long open(long inode) {
        return directories.add(new DirectoryHandle(inode));
    }

    /**
     * Lists a directory from an offset on, until the sink is full or the names are at their end.
     *
     * @param offset 0, or an offset that this handle gave out.
     * @param expectedEntries how many entries the sink may take, roughly.
     */
    void read(long handle, long offset, int expectedEntries, EntrySink sink) {
        DirectoryHandle directory = directories.get(handle);
        synchronized (directory) {
            if (offset == 0) {
                directory.rewind();
                if (!sink.accept(DOT, directory.inode, Inode.DIRECTORY, null, 1)) {
                    return;
                }
            }
            if (offset <= 1 && !sink.accept(DOT_DOT, EntrySink.UNKNOWN_INODE, Inode.DIRECTORY, null, 2)) {
                return;
            }
            int pageLength = Math.clamp(expectedEntries, LEAST_PAGE, MOST_PAGE);
            list(directory, Math.max(0, offset - DirectoryHandle.DOTS), pageLength, sink);
        }
    }

    /** Ends a directory's handle. */
    void release(long handle) {
        directories.remove(handle);
    }

    private void list(DirectoryHandle directory, long ordinal, int pageLength, EntrySink sink) {
        long position = ordinal;
        long skip = 0;
        if (!directory.isKept(ordinal)) {
            position = ordinal > directory.count() ? directory.count() : directory.markBefore(ordinal);
            skip = ordinal - position;
        }
        byte[] after = directory.isKept(position) ? directory.name(position) : directory.mark(position);
        DirectoryPage page;
        do {
            page = namespace.readDirectory(directory.inode, after, pageLength);
            for (DirectoryEntry entry : page.entries()) {
                position++;
                if (skip > 0) {
                    skip--;
                } else {
                    Inode inode = Attributes.visible(entry.inode(), data);
                    if (!sink.accept(entry.name(), inode.id(), inode.mode(), inode, position + DirectoryHandle.DOTS)) {
                        return;
                    }
                }
                directory.note(position, entry.name());
                after = entry.name();
            }
        } while (page.more());
    }
}
