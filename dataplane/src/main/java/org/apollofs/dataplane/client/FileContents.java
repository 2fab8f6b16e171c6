package org.apollofs.dataplane.client;

import java.util.List;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.FileContent;

/** Small questions about a {@link FileContent}. Static. */
final class FileContents {
    /** What a file holds that is to be replaced. Has no inode. */
    static final FileContent EMPTY = new FileContent(null, new byte[0], List.of());

    private FileContents() {}

    static long size(FileContent content) {
        return content.inode() == null ? 0 : content.inode().size();
    }

    static long version(FileContent content) {
        return content.inode() == null ? 0 : content.inode().contentVersion();
    }

    /** Whether it can be kept inline. */
    static boolean isSmall(FileContent content, int limit) {
        return content.extents().isEmpty() && size(content) <= limit;
    }

    /** A small file as an image. */
    static InlineImage image(int limit, FileContent content) {
        return new InlineImage(limit, content.inline(), (int) size(content));
    }

    /** First extent that ends after an offset, or the number of extents. */
    static int firstEndingAfter(List<Extent> extents, long offset) {
        int low = 0;
        int high = extents.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (extents.get(middle).end() > offset) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }
}
