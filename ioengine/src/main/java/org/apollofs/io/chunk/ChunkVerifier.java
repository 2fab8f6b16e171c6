package org.apollofs.io.chunk;

/** Compares chunks on the device with their checksums, one at a time. Blocks. */
final class ChunkVerifier {
    private final Superblock superblock;
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
        int block = 0;
        for (int start = 0; start < entry.length; start += pieceLength) {
            int length = Math.min(pieceLength, entry.length - start);
            if (device.tryRead(superblock.dataOffset() + entry.offset + start, SubmitStage.paddedLength(length)) < 0) {
                return true;
            }
            for (int at = 0; at < length; at += SizeClass.UNIT_LENGTH) {
                int blockLength = Math.min(SizeClass.UNIT_LENGTH, length - at);
                if (RecordChecksum.compute(device.buffer(), at, blockLength)
                        != entry.checksums.getInt(block++ * Integer.BYTES)) {
                    return false;
                }
            }
        }
        return true;
    }
}
