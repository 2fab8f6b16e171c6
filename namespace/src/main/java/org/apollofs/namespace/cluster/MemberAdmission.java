package org.apollofs.namespace.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.UUID;
import org.apollofs.namespace.client.NamespaceIdentity;
import org.apollofs.namespace.state.IdentityClaim;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets a member start with its folder, or not: see {@link FolderCheck}. Before anything of it runs. */
final class MemberAdmission {
    private static final Logger LOG = LoggerFactory.getLogger(MemberAdmission.class);

    private MemberAdmission() {}

    /**
     * Checks the folder, and gives up what is missing of it if the context says so.
     *
     * @throws FolderRefusedException if it is missing, older, damaged or another's, and not given up.
     */
    static void check(NamespaceMemberContext ctx, MemberFolder folder) {
        FolderCondition found = FolderCheck.examine(ctx.directory(), ctx.markFile(), ctx.memberId());
        if (!found.isRefused()) {
            return;
        }
        if (!ctx.isDiscarding() || found.state() == FolderCondition.State.FOREIGN) {
            throw refused(ctx, found);
        }
        LOG.warn("{}: given up for good, as the operator says", found.what());
        try {
            if (found.state() == FolderCondition.State.OLDER && ctx.isSingle()) {
                folder.marks().acceptOlder();
            } else {
                folder.discard();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "namespace member cannot give up what is missing: directory=" + ctx.directory(), e);
        }
    }

    private static FolderRefusedException refused(NamespaceMemberContext ctx, FolderCondition found) {
        UUID key = ctx.discardKey() == null ? found.namespaceId() : ctx.discardKey();
        return new FolderRefusedException(found.what(), nextStep(found, ctx.isSingle(), key), true);
    }

    /** The log, which was looked at whole, is not the one that is claimed. */
    static FolderRefusedException refused(NamespaceMemberContext ctx, NamespaceIdentity found) {
        IdentityClaim claim = ctx.claim();
        boolean isAnother = found.isKnown() && !found.id().equals(claim.id());
        FolderCondition condition = new FolderCondition(
                isAnother ? FolderCondition.State.FOREIGN : FolderCondition.State.OLDER,
                found.id(),
                found.generation(),
                "namespace member " + ctx.memberId() + ": log is "
                        + (isAnother ? "of another namespace" : "an older copy") + ": " + ctx.directory() + ", found="
                        + found.id() + " of generation " + found.generation() + ", expected=" + claim.id()
                        + " of generation " + claim.least());
        return refused(ctx, condition);
    }

    /** The log is of another namespace than the folder's marks. */
    static FolderRefusedException refused(NamespaceMemberContext ctx, MemberMark mark, NamespaceIdentity found) {
        return refused(
                ctx,
                new FolderCondition(
                        FolderCondition.State.FOREIGN,
                        found.id(),
                        found.generation(),
                        "namespace member " + ctx.memberId() + ": log is of another namespace: " + ctx.directory()
                                + ", found=" + found.id() + ", expected=" + mark.namespaceId()));
    }

    /**
     * What an operator can do about a folder that is refused.
     *
     * @param isSingle whether there are no other members to copy from.
     * @param key what the operator gives to say that he means it.
     */
    static String nextStep(FolderCondition found, boolean isSingle, UUID key) {
        return switch (found.state()) {
            case FOREIGN -> "put the member's own folder back in its place";
            case OLDER ->
                "put the newest one back"
                        + (isSingle
                                ? ", or give up for good what this one lacks: --discard " + key
                                : ", or have it copied from the other members: --discard " + key);
            default ->
                "bring its disk back, or restore it"
                        + (isSingle
                                ? ", or give up for good what was in it: --discard " + key
                                : ", or have it copied from the other members: --discard " + key);
        };
    }
}
