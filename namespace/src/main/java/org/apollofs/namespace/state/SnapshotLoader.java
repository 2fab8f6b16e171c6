package org.apollofs.namespace.state;

import static java.nio.ByteOrder.BIG_ENDIAN;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.command.CommandHead;
import org.apollofs.namespace.command.sbe.MessageHeaderDecoder;
import org.apollofs.namespace.command.sbe.SnapshotBeginDecoder;
import org.apollofs.namespace.command.sbe.SnapshotEndDecoder;
import org.apollofs.namespace.command.sbe.SnapshotRecordsDecoder;
import org.lmdbjava.Dbi;
import org.lmdbjava.Env;
import org.lmdbjava.LmdbNativeException;
import org.lmdbjava.PutFlags;
import org.lmdbjava.Txn;

/**
 * Fills an empty state from the blocks of a snapshot. What is not whole, or of another format, is an
 * {@link IllegalStateException} that says so: a state is never half a snapshot. Used by the apply thread before any command.
 */
public final class SnapshotLoader {
    private final NamespaceState state;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final SnapshotRecordsDecoder decoder = new SnapshotRecordsDecoder();
    private final UnsafeBuffer block = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer key = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer value = new UnsafeBuffer(0, 0);
    private final CRC32C checksum = new CRC32C();
    private UnsafeBuffer records = new UnsafeBuffer(ByteBuffer.allocateDirect(512 * 1024));
    private boolean hasBegun;
    private boolean isDone;
    private long total;
    private int version;
    private final OlderChanges olderChanges = new OlderChanges();

    SnapshotLoader(NamespaceState state) {
        this.state = state;
    }

    /** Whether the last block has come. */
    public boolean isDone() {
        return isDone;
    }

    /** Takes the next block. */
    public void onBlock(DirectBuffer buffer, int offset, int length) {
        block.wrap(buffer, offset, length);
        int template = CommandHead.templateId(block, 0);
        if (isDone || !CommandHead.isSupported(block, 0)) {
            throw broken("unknown block: template=" + template + ", version=" + CommandHead.version(block, 0));
        }
        if (template == SnapshotBeginDecoder.TEMPLATE_ID && !hasBegun) {
            begin();
        } else if (template == SnapshotRecordsDecoder.TEMPLATE_ID && hasBegun) {
            load();
        } else if (template == SnapshotEndDecoder.TEMPLATE_ID && hasBegun) {
            end();
        } else {
            throw broken("block out of order: template=" + template);
        }
    }

    private void begin() {
        version =
                new SnapshotBeginDecoder().wrapAndApplyHeader(block, 0, header).formatVersion();
        if (version < 1 || version > SnapshotWriter.FORMAT_VERSION) {
            throw broken(
                    "format of another version: version=" + version + ", supported=" + SnapshotWriter.FORMAT_VERSION);
        }
        hasBegun = true;
    }

    private void load() {
        decoder.wrapAndApplyHeader(block, 0, header);
        int count = decoder.recordCount();
        int table = decoder.table();
        int length = decoder.recordsLength();
        if (length > records.capacity()) {
            records = new UnsafeBuffer(ByteBuffer.allocateDirect(length));
        }
        // LMDB takes buffers off heap only, and the block may be on it.
        decoder.getRecords(records, 0, length);
        checksum.update(records.byteBuffer().duplicate().limit(length).position(0));
        total += count;
        if (table == SnapshotWriter.SESSIONS || table == SnapshotWriter.RESULTS) {
            loadSessions(table, count);
        } else if (table >= 0 && table < state.tables().all.size()) {
            while (!tryLoad(state.tables().all.get(table), count)) {
                state.grow();
            }
        } else {
            throw broken("unknown table: table=" + table);
        }
    }

    /** Puts a block's records in one transaction; false, and nothing done, if the map is full. */
    private boolean tryLoad(Dbi<DirectBuffer> table, int count) {
        try (Txn<DirectBuffer> txn = state.tables().env.txnWrite()) {
            int offset = 0;
            for (int i = 0; i < count; i++) {
                offset = next(offset);
                if (table == state.tables().changes && version < SnapshotWriter.SHORT_CHANGES_VERSION) {
                    olderChanges.convert(version, key, value);
                }
                // A new state has a root and counters already: those are overwritten, all else comes in order.
                if (isPredefined(table)) {
                    table.put(txn, key, value);
                } else {
                    table.put(txn, key, value, PutFlags.MDB_APPEND);
                }
            }
            txn.commit();
            return true;
        } catch (Env.MapFullException e) {
            return false;
        } catch (LmdbNativeException e) {
            throw state.tables().explain(e);
        }
    }

    /** Counts converted changes; false, and nothing done, if the map is full. */
    private boolean tryRecount() {
        try (Txn<DirectBuffer> txn = state.tables().env.txnWrite()) {
            OlderChanges.recount(state.tables(), txn);
            txn.commit();
            return true;
        } catch (Env.MapFullException e) {
            return false;
        } catch (LmdbNativeException e) {
            throw state.tables().explain(e);
        }
    }

    /** Puts the row of open sessions, which earlier versions do not have; false, and nothing done, if the map is full. */
    private boolean tryListSessions() {
        try (Txn<DirectBuffer> txn = state.tables().env.txnWrite()) {
            state.tables()
                    .meta
                    .put(txn, new Key().of(Meta.OPEN_SESSIONS), state.sessions().openRecord());
            txn.commit();
            return true;
        } catch (Env.MapFullException e) {
            return false;
        }
    }

    private boolean isPredefined(Dbi<DirectBuffer> table) {
        return table == state.tables().inodes || table == state.tables().meta;
    }

    private void loadSessions(int table, int count) {
        int offset = 0;
        for (int i = 0; i < count; i++) {
            offset = next(offset);
            long session = key.getLong(0, BIG_ENDIAN);
            if (table == SnapshotWriter.SESSIONS) {
                state.sessions().restoreSession(session, value);
            } else {
                state.sessions().restoreResult(session, key.getLong(8, BIG_ENDIAN), value);
            }
        }
    }

    /** Wraps the record at an offset. @return where the next one is. */
    private int next(int offset) {
        int keyLength = records.getInt(offset);
        int valueLength = records.getInt(offset + 4);
        key.wrap(records, offset + 8, keyLength);
        value.wrap(records, offset + 8 + keyLength, valueLength);
        return offset + 8 + keyLength + valueLength;
    }

    private void end() {
        SnapshotEndDecoder end = new SnapshotEndDecoder();
        end.wrapAndApplyHeader(block, 0, header);
        if (end.totalRecords() != total || end.checksum() != checksum.getValue()) {
            throw broken("records=" + total + ", expected=" + end.totalRecords() + ", checksum="
                    + Long.toHexString(checksum.getValue()) + ", expected=" + Long.toHexString(end.checksum()));
        }
        while (version < SnapshotWriter.SHORT_CHANGES_VERSION && !tryRecount()) {
            state.grow();
        }
        while (version < SnapshotWriter.OPEN_SESSIONS_VERSION && !tryListSessions()) {
            state.grow();
        }
        state.onLoaded();
        isDone = true;
    }

    private static IllegalStateException broken(String what) {
        return new IllegalStateException("snapshot of the namespace cannot be loaded: " + what);
    }
}
