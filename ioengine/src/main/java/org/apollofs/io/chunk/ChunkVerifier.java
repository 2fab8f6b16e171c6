package org.apollofs.io.chunk;

import org.apollofs.io.checksum.Crc32c;

/** Compares chunks on the device with their checksums, one at a time. Blocks. */
final class ChunkVerifier {
    private final Superblock superblock;
    private final Crc32c crc = new Crc32c();
    private final SyncDevice device;
    private final int pieceLength;

    /** @param device with a buffer of at least one checksum block. */
    ChunkVerifier(Superblock superblock, SyncDevice device) {
        this.superblock = superblock;
        this.device = device;
        pieceLength = device.bufferLength() & -SizeClass.UNIT_LENGTH;
        if (pieceLength == 0) {
            throw new IllegalArgumentException(
                    "verifier: slab=" + device.bufferLength() + " (at least " + SizeClass.UNIT_LENGTH + ")");
        }
    }

    /** Whether all blocks of a chunk verify. A range that cannot be read is not called wrong: nobody knows. */
    boolean isRight(ChunkEntry entry) {
        for (int start = 0; start < entry.length; start += pieceLength) {
            int length = Math.min(pieceLength, entry.length - start);
            if (device.tryRead(superblock.dataOffset() + entry.offset + start, SubmitStage.paddedLength(length)) < 0) {
                return true;
            }
            int first = (start >>> SizeClass.UNIT_SHIFT) * Integer.BYTES;
            int wrong = crc.verifyBlocks(device.buffer(), 0, length, SizeClass.UNIT_LENGTH, entry.checksums, first);
            if (wrong != Crc32c.ALL_MATCH) {
                return false;
            }
        }
        return true;
    }
}
