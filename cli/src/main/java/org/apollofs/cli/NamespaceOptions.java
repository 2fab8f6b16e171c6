package org.apollofs.cli;

import java.nio.file.Path;
import org.apollofs.profile.ProfileLoader;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Which namespace a command talks to: that of a running site, or members that are processes of their own. */
final class NamespaceOptions {
    @ArgGroup(multiplicity = "1")
    private Where where;

    /** One of them. */
    static final class Where {
        @Option(names = "--dir", paramLabel = "DIR", description = "Folder of the running site.")
        private Path dir;

        @Option(
                names = "--profile",
                paramLabel = "P",
                description = "Or the profile whose members run as 'apollo namespace'.")
        private String profile;
    }

    NamespaceConnection connect() {
        return where.dir != null
                ? NamespaceConnection.ofSite(SiteFolder.of(where.dir))
                : NamespaceConnection.ofMembers(ProfileLoader.load(where.profile));
    }

    /** The site, for what members alone cannot do. @throws CommandFailure if there is none. */
    SiteFolder site(String what) {
        if (where.dir == null) {
            throw new CommandFailure(
                    ExitCode.USAGE, "not supported by members alone: " + what, "give --dir the folder of a site");
        }
        return SiteFolder.of(where.dir);
    }
}
