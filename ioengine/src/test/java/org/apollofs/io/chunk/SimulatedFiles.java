package org.apollofs.io.chunk;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/** The small files of a target in memory, for one life of a process; the next one's are {@link #reborn()}. */
final class SimulatedFiles implements StoreFiles {
    private static final int SNAPSHOT_CAPACITY = 32 << 10;

    final SimulatedFile[] journals = new SimulatedFile[2];
    final SimulatedFile[] snapshots = new SimulatedFile[2];
    private final Map<Integer, Runnable> syncs = new HashMap<>();
    private int nextDescriptor = 1000;

    private SimulatedFiles() {}

    static SimulatedFiles make(int journalLength) {
        SimulatedFiles files = new SimulatedFiles();
        for (int i = 0; i < 2; i++) {
            files.journals[i] = new SimulatedFile("journal-" + i, files, journalLength, true);
            files.snapshots[i] = new SimulatedFile("snapshot-" + i, files, SNAPSHOT_CAPACITY, false);
        }
        return files;
    }

    SimulatedFiles reborn() {
        SimulatedFiles files = new SimulatedFiles();
        for (int i = 0; i < 2; i++) {
            files.journals[i] = journals[i].reborn(files);
            files.snapshots[i] = snapshots[i].reborn(files);
        }
        return files;
    }

    /** What the disk calls when the sync of a descriptor is due; of an earlier life's there is nothing to do. */
    int sync(int descriptor) {
        Runnable sync = syncs.remove(descriptor);
        if (sync != null) {
            sync.run();
        }
        return 0;
    }

    int register(Runnable sync) {
        syncs.put(nextDescriptor, sync);
        return nextDescriptor++;
    }

    void writeBack(Random random) {
        for (int i = 0; i < 2; i++) {
            journals[i].writeBack(random);
            snapshots[i].writeBack(random);
        }
    }

    void cut(Random random) {
        for (int i = 0; i < 2; i++) {
            journals[i].cut(random);
            snapshots[i].cut(random);
        }
    }

    @Override
    public JournalFile openJournal(int which) {
        return journals[which];
    }

    @Override
    public SnapshotFile openSnapshot(int which) {
        return snapshots[which];
    }

    @Override
    public void close() {
        syncs.clear();
    }
}
