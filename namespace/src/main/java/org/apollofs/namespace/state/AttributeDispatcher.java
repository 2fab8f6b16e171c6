package org.apollofs.namespace.state;

import org.apollofs.namespace.command.sbe.MoveConsumerDecoder;
import org.apollofs.namespace.command.sbe.RemoveXattrDecoder;
import org.apollofs.namespace.command.sbe.SetRetentionDecoder;
import org.apollofs.namespace.command.sbe.SetXattrDecoder;

/** Commands about extended attributes and about the change log. Owned by the apply thread. */
final class AttributeDispatcher {
    private final ResultWriter results;
    private final CommandInput input;
    private final AttributeCommands attributes;
    private final SystemCommands system;

    private final SetXattrDecoder setXattr = new SetXattrDecoder();
    private final RemoveXattrDecoder removeXattr = new RemoveXattrDecoder();
    private final MoveConsumerDecoder moveConsumer = new MoveConsumerDecoder();
    private final SetRetentionDecoder setRetention = new SetRetentionDecoder();

    AttributeDispatcher(Store store, ResultWriter results, CommandInput input, SystemCommands system) {
        this.results = results;
        this.input = input;
        this.system = system;
        attributes = new AttributeCommands(store);
    }

    /** Carries out the command. @return false if it is none of these. */
    boolean carryOut(int template) {
        switch (template) {
            case SetXattrDecoder.TEMPLATE_ID -> onSetXattr();
            case RemoveXattrDecoder.TEMPLATE_ID -> onRemoveXattr();
            case MoveConsumerDecoder.TEMPLATE_ID -> onMoveConsumer();
            case SetRetentionDecoder.TEMPLATE_ID -> onSetRetention();
            default -> {
                return false;
            }
        }
        return true;
    }

    private void onSetXattr() {
        setXattr.wrapAndApplyHeader(input.checked(SetXattrDecoder.BLOCK_LENGTH), 0, input.header);
        setXattr.wrapName(input.first);
        setXattr.wrapValue(input.second);
        input.decoded();
        attributes.set(input.session(), setXattr.inode(), input.first, input.second, setXattr.xattrFlags());
        results.done(0);
    }

    private void onRemoveXattr() {
        removeXattr.wrapAndApplyHeader(input.checked(RemoveXattrDecoder.BLOCK_LENGTH), 0, input.header);
        removeXattr.wrapName(input.first);
        input.decoded();
        results.done(attributes.remove(input.session(), removeXattr.inode(), input.first) ? 1 : 0);
    }

    private void onMoveConsumer() {
        moveConsumer.wrapAndApplyHeader(input.checked(MoveConsumerDecoder.BLOCK_LENGTH), 0, input.header);
        moveConsumer.wrapName(input.first);
        input.decoded();
        results.done(system.moveConsumer(input.first, moveConsumer.expected(), moveConsumer.next()) ? 1 : 0);
    }

    private void onSetRetention() {
        setRetention.wrapAndApplyHeader(input.checked(SetRetentionDecoder.BLOCK_LENGTH), 0, input.header);
        input.decoded();
        system.setRetention(setRetention.retainedBytes(), setRetention.retainedNs());
        results.done(0);
    }
}
