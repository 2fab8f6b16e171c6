package org.apollofs.namespace.command;

import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.FreedRun;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.command.sbe.ExtentFieldsDecoder;
import org.apollofs.namespace.command.sbe.ExtentFieldsEncoder;
import org.apollofs.namespace.command.sbe.InodeFieldsDecoder;
import org.apollofs.namespace.command.sbe.InodeFieldsEncoder;
import org.apollofs.namespace.command.sbe.RunFieldsDecoder;
import org.apollofs.namespace.command.sbe.RunFieldsEncoder;

/** The contract's records to and from their composites on the wire. */
public final class Records {
    private Records() {}

    public static void put(InodeFieldsEncoder to, Inode inode) {
        to.id(inode.id())
                .size(inode.size())
                .atimeNs(inode.atimeNs())
                .mtimeNs(inode.mtimeNs())
                .ctimeNs(inode.ctimeNs())
                .changeVersion(inode.version())
                .contentVersion(inode.contentVersion())
                .extentCount(inode.extentCount())
                .mode(inode.mode())
                .uid(inode.uid())
                .gid(inode.gid())
                .linkCount(inode.linkCount())
                .inlineLength(inode.inlineLength());
    }

    /** The inode, or null if the fields stand for none. */
    public static Inode get(InodeFieldsDecoder from) {
        if (from.id() == 0) {
            return null;
        }
        return new Inode(
                from.id(),
                from.mode(),
                from.uid(),
                from.gid(),
                from.linkCount(),
                from.size(),
                from.atimeNs(),
                from.mtimeNs(),
                from.ctimeNs(),
                from.changeVersion(),
                from.contentVersion(),
                from.inlineLength(),
                from.extentCount());
    }

    public static void put(ExtentFieldsEncoder to, Extent extent) {
        to.fileOffset(extent.fileOffset())
                .length(extent.length())
                .session(extent.session())
                .stripe(extent.stripe())
                .index(extent.index())
                .chunkOffset(extent.chunkOffset())
                .chunkStride(extent.chunkStride())
                .placement(extent.placement());
    }

    public static Extent get(ExtentFieldsDecoder from) {
        return new Extent(
                from.fileOffset(),
                from.length(),
                from.session(),
                from.stripe(),
                from.index(),
                from.chunkOffset(),
                from.chunkStride(),
                from.placement());
    }

    public static void put(RunFieldsEncoder to, FreedRun run) {
        to.sequence(run.sequence())
                .session(run.session())
                .firstStripe(run.firstStripe())
                .stripeCount(run.stripeCount())
                .placement(run.placement());
    }

    public static FreedRun get(RunFieldsDecoder from) {
        return new FreedRun(from.sequence(), from.session(), from.firstStripe(), from.stripeCount(), from.placement());
    }
}
