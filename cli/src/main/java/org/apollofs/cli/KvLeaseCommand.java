package org.apollofs.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigDecimal;
import java.util.concurrent.Callable;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Leases: keys attached to one are deleted when it is not renewed in time. */
@Command(
        name = "lease",
        description = "Grant, renew and end leases. Keys put with --lease are deleted when their lease ends.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {KvLeaseCommand.Grant.class, KvLeaseCommand.KeepAlive.class, KvLeaseCommand.Revoke.class})
final class KvLeaseCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final BigDecimal SECOND_NS = BigDecimal.valueOf(1_000_000_000L);

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getOut());
        return ExitCode.OK.code();
    }

    /** Grants a lease. */
    @Command(name = "grant", description = "Grant a lease and print its number.")
    static final class Grant implements Callable<Integer> {
        @Mixin
        private KvCommand.Common common;

        @Parameters(index = "0", paramLabel = "SECONDS", description = "Time to live, 0.1 at least.")
        private BigDecimal seconds;

        @Override
        public Integer call() {
            try (NamespaceConnection connection = common.connect()) {
                long lease = connection
                        .keyValue()
                        .grantLease(seconds.multiply(SECOND_NS).longValue());
                common.print(JSON.createObjectNode().put("lease", lease), Long.toString(lease));
            }
            return ExitCode.OK.code();
        }
    }

    /** Renews a lease. */
    @Command(name = "keep-alive", description = "Renew a lease, once or until Ctrl-C.")
    static final class KeepAlive implements Callable<Integer> {
        @Mixin
        private KvCommand.Common common;

        @Parameters(index = "0", paramLabel = "LEASE", description = "Number of the lease.")
        private long lease;

        @Option(names = "--forever", description = "Renew it each third of its time to live, until Ctrl-C.")
        private boolean forever;

        @Override
        public Integer call() throws InterruptedException {
            StopSignal stop = StopSignal.install();
            try (NamespaceConnection connection = common.connect()) {
                long ttlNs = connection.keyValue().keepLeaseAlive(lease);
                common.print(
                        JSON.createObjectNode().put("lease", lease).put("seconds", ttlNs / 1e9),
                        "renewed for " + ttlNs / 1e9 + " s");
                while (forever && !stop.await(ttlNs / 3, java.util.concurrent.TimeUnit.NANOSECONDS)) {
                    ttlNs = connection.keyValue().keepLeaseAlive(lease);
                }
            } catch (NamespaceException e) {
                return missing(common, lease, e);
            }
            return ExitCode.OK.code();
        }
    }

    private static Integer missing(KvCommand.Common common, long lease, NamespaceException e) {
        if (e.error() != NamespaceError.NOT_FOUND) {
            throw e;
        }
        return common.miss(
                ExitCode.ABSENT,
                JSON.createObjectNode().put("lease", lease).put("absent", true),
                "no such lease, or it has ended: " + lease);
    }

    /** Ends a lease. */
    @Command(name = "revoke", description = "End a lease now: its keys are deleted.")
    static final class Revoke implements Callable<Integer> {
        @Mixin
        private KvCommand.Common common;

        @Parameters(index = "0", paramLabel = "LEASE", description = "Number of the lease.")
        private long lease;

        @Override
        public Integer call() {
            try (NamespaceConnection connection = common.connect()) {
                if (!connection.keyValue().revokeLease(lease)) {
                    return common.miss(
                            ExitCode.ABSENT,
                            JSON.createObjectNode().put("lease", lease).put("absent", true),
                            "no such lease, or it has ended: " + lease);
                }
                common.print(JSON.createObjectNode().put("lease", lease).put("revoked", true), "revoked");
            }
            return ExitCode.OK.code();
        }
    }
}
