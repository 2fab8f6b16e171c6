package org.apollofs.cli;

import java.nio.file.Path;
import org.apollofs.namespace.cluster.PeerKey;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.transport.aeron.seal.DatagramSeal;
import org.apollofs.transport.aeron.seal.SealKey;

/**
 * What members with ports and their clients prove themselves with: both keys follow from the secret and the namespace's name, so
 * that namespaces with one secret are nothing to each other.
 *
 * @param secretFile it came from, for messages.
 * @param sealKey of all that Aeron sends.
 * @param peerKey of what members ask each other beside it.
 */
record NamespaceKeys(Path secretFile, SealKey sealKey, PeerKey peerKey) {
    /**
     * Those of a profile.
     *
     * @throws CommandFailure if it names no secret, or one that cannot be used.
     */
    static NamespaceKeys of(HardwareProfile profile) {
        String name = profile.security().secretFile();
        if (name.isEmpty()) {
            throw new CommandFailure(
                    ExitCode.PROFILE,
                    "the profile's members have ports, and it names no secret: profile=" + profile.source(),
                    "apollo namespace secret FILE makes one; set security.secretFile, and copy it to all hosts");
        }
        Path folder = Path.of(profile.source()).toAbsolutePath().getParent();
        Path file = folder.resolve(name).normalize();
        byte[] secret = SiteSecret.load(file);
        String scope = "namespace " + profile.profile();
        return new NamespaceKeys(file, SealKey.of(secret, scope), PeerKey.of(secret, scope));
    }

    /** For a media driver. */
    DatagramSeal newSeal() {
        return new DatagramSeal(sealKey);
    }
}
