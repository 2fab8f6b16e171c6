package org.apollofs.profile;

/**
 * A place for chunks.
 *
 * @param id number of the target in the site.
 * @param path its folder, relative to the site's folder unless absolute.
 * @param sizeBytes bytes for chunks.
 * @param queueDepth operations at the device at once.
 * @param failureDomain what fails as one; chunks of a stripe are all in different ones.
 */
public record TargetProfile(int id, String path, long sizeBytes, int queueDepth, String failureDomain) {
    TargetProfile withSize(long size) {
        return new TargetProfile(id, path, size, queueDepth, failureDomain);
    }

    /** A target like this one: its folder is this one's with the id in place of the last path element. */
    TargetProfile sibling(int siblingId, int ordinal) {
        int slash = path.lastIndexOf('/');
        String parent = slash < 0 ? "" : path.substring(0, slash + 1);
        return new TargetProfile(siblingId, parent + siblingId, sizeBytes, queueDepth, "derived-" + ordinal);
    }
}
