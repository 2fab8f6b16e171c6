package org.apollofs.dataplane.client;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apollofs.dataplane.layout.ExtentRuns;
import org.apollofs.dataplane.stripe.Stripe;
import org.apollofs.dataplane.stripe.StripeProof;
import org.apollofs.namespace.client.ContentCommit;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.FileContent;
import org.apollofs.namespace.client.NamespaceException;

/**
 * Which stripes a commit may name. Once a commit has named a stripe and the file refers to it no more, the namespace has
 * its chunks deleted, so it must never be named again. That matters to a stripe that was named before: by a commit whose
 * answer never came, or by another part of a commit in several parts. Such a stripe is named again only if the file still
 * refers to it, or nothing at all was committed since, in the very version that the commit is made for; else its bytes are
 * lost, and told so.
 *
 * <p>One commit's, of one worker, which holds the file's {@code commitLock}.
 */
final class Naming {
    private final FileState file;
    private final Set<Stripe> stripes;
    private final Set<Stripe> before = new HashSet<>();
    private long expectedVersion = ContentCommit.ANY_VERSION;

    Naming(FileState file, Set<Stripe> stripes) {
        this.file = file;
        this.stripes = stripes;
        for (Stripe stripe : stripes) {
            if (stripe.isNamed()) {
                before.add(stripe);
            }
        }
    }

    /** Version that the commit must find. */
    long expectedVersion() {
        return expectedVersion;
    }

    /**
     * The commit is about to be sent. Waits for the namespace if a stripe was named before.
     *
     * @return false if bytes of such a stripe were found lost: then there is no commit.
     */
    boolean begin() {
        if (!before.isEmpty() && !areAlive()) {
            return false;
        }
        for (Stripe stripe : stripes) {
            if (!stripe.isNamed()) {
                stripe.onNaming(file.knownVersion());
            }
        }
        return true;
    }

    /** The commit failed. If it was refused, it named nothing. */
    void onFailure(NamespaceException e) {
        switch (e.error()) {
            case TIMEOUT, UNAVAILABLE, FENCED -> {
                // It may have taken effect, or may yet.
            }
            default -> {
                for (Stripe stripe : stripes) {
                    if (!before.contains(stripe)) {
                        stripe.onNamingRefused();
                    }
                }
            }
        }
    }

    private boolean areAlive() {
        FileContent content = file.readContent();
        expectedVersion = FileContents.version(content);
        Set<Stripe> dead = new HashSet<>();
        for (Stripe stripe : before) {
            boolean isUntouched = stripe.versionWhenNamed() == expectedVersion;
            if (!isUntouched && !refersTo(content.extents(), stripe.proof())) {
                dead.add(stripe);
            }
        }
        if (dead.isEmpty()) {
            return true;
        }
        file.lock.lock();
        try {
            file.dirty.removeIf(chunk -> dead.contains(chunk.stripe()));
            file.onLoss(new DataException(
                    DataException.Kind.IO_ERROR,
                    "commit failed: inode=" + file.inode
                            + ": an earlier commit got no answer, and others changed the file since"));
        } finally {
            file.lock.unlock();
        }
        return false;
    }

    private boolean refersTo(List<Extent> extents, StripeProof proof) {
        for (Extent extent : extents) {
            if (extent.session() == proof.session() && extent.stripe() <= proof.number()) {
                int k = file.core.placements().table(extent.placement()).dataChunks();
                if (proof.number() < extent.stripe() + ExtentRuns.stripeCount(extent, k)) {
                    return true;
                }
            }
        }
        return false;
    }
}
