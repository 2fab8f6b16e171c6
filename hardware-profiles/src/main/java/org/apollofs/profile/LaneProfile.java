package org.apollofs.profile;

/**
 * How chunks travel.
 *
 * @param mtu bytes of a frame.
 * @param termLength bytes of a term buffer, a power of two from 1 MiB; a message is at most an eighth of it, and a chunk may be several.
 * @param window bytes under way on a lane.
 * @param socketBuffers SO_SNDBUF and SO_RCVBUF, for UDP.
 * @param creditChunks chunk writes under way to one target, over all hosts.
 */
public record LaneProfile(Media media, int mtu, int termLength, int window, int socketBuffers, int creditChunks) {
    /** What carries a lane. */
    public enum Media {
        IPC,
        UDP
    }
}
