package org.apollofs.dataplane.client;

/**
 * The losses of one file: writes that were taken and could then not be made durable. Counted as Linux counts write-back
 * errors (errseq_t, Documentation/core-api/errseq.rst): each handle is told once by its next write, and once by its next
 * fsync or, if there is none, by its close. Two times, since the kernel may turn the first into a short write, which hides
 * it. A handle that is opened later is told of a loss that no fsync or close has told anybody yet.
 *
 * <p>A write that is refused before it is taken loses nothing, and concerns its own handle alone. The next fsync of that
 * handle fails too, for the same reason: after a write that came back short it never says OK.
 *
 * <p>Thread-safe; never blocks for long.
 */
final class WriteErrors {
    private int losses;
    /** Losses that an fsync or close has told somebody of. */
    private int told;

    private DataException lastLoss;

    /** Bytes that were taken are lost. */
    synchronized void onLoss(DataException cause) {
        losses++;
        lastLoss = cause;
    }

    /** Throws a loss that no fsync or close has told anybody, which counts as told then. */
    synchronized void throwUntold() {
        if (told != losses) {
            told = losses;
            throw again(lastLoss);
        }
    }

    /** What a new handle is to be told from now on. */
    synchronized Watch watch() {
        return new Watch(losses, told);
    }

    /** A fresh exception: the stack is that of the call that is told. */
    private static DataException again(DataException cause) {
        return new DataException(cause.kind(), cause.getMessage());
    }

    /** One handle's part. */
    final class Watch {
        private int toldByWrite;
        private int toldBySync;
        private DataException refused;
        private boolean hasWritten;

        private Watch(int toldByWrite, int toldBySync) {
            this.toldByWrite = toldByWrite;
            this.toldBySync = toldBySync;
        }

        /** A write begins, or ends. @throws DataException a loss that no write of this handle has told. */
        void throwAtWrite() {
            synchronized (WriteErrors.this) {
                hasWritten = true;
                if (toldByWrite != losses) {
                    toldByWrite = losses;
                    refused = lastLoss;
                    throw again(lastLoss);
                }
            }
        }

        /** The next write is to tell of no loss so far. */
        void passOverAtWrite() {
            synchronized (WriteErrors.this) {
                toldByWrite = losses;
            }
        }

        /** A write was refused, wholly or after some of its bytes. */
        void onRefused(DataException cause) {
            synchronized (WriteErrors.this) {
                refused = cause;
            }
        }

        /** Whether the handle's next write has a loss to tell. */
        boolean hasLossForWrite() {
            synchronized (WriteErrors.this) {
                return toldByWrite != losses;
            }
        }

        /** Whether the handle's next fsync or close has a loss to tell. */
        boolean hasLossForSync() {
            synchronized (WriteErrors.this) {
                return toldBySync != losses;
            }
        }

        /** A close ends. @throws DataException a loss that no fsync or close of this handle has told. */
        void throwAtClose() {
            synchronized (WriteErrors.this) {
                if (toldBySync != losses) {
                    toldBySync = losses;
                    told = losses;
                    throw again(lastLoss);
                }
            }
        }

        /**
         * The handle ends. Nobody may be listening, so this counts for this handle alone.
         *
         * @throws DataException as {@link #throwAtClose}, if the handle has written.
         */
        void throwAtRelease() {
            synchronized (WriteErrors.this) {
                if (hasWritten && toldBySync != losses) {
                    toldBySync = losses;
                    throw again(lastLoss);
                }
            }
        }

        /** An fsync ends. @throws DataException as {@link #throwAtClose}, or the refusal since the last one. */
        void throwAtSync() {
            synchronized (WriteErrors.this) {
                DataException refusal = refused;
                refused = null;
                throwAtClose();
                if (refusal != null) {
                    throw again(refusal);
                }
            }
        }
    }
}
