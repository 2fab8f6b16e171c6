package org.apollofs.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.apollofs.namespace.client.Txn;
import org.apollofs.namespace.client.TxnResult;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Carries out a transaction. */
@Command(
        name = "txn",
        description = {
            "Carry out a transaction, written as JSON: if all of 'when' holds 'then' is done, else 'else'; all or nothing.",
            "Prints the results as JSON; exit code 9 says that 'when' did not hold."
        },
        footer = {
            "",
            "{\"when\": [{\"key\": K, \"version\": N}, {\"key\": K, \"value\": TEXT},",
            "          {\"key\": K, \"exists\": true|false}, ...],",
            " \"then\": [{\"put\": K, \"value\": TEXT, \"version\": N, \"lease\": N},",
            "          {\"get\": K}, {\"delete\": K, \"version\": N},",
            "          {\"rename\": K, \"to\": K, \"replace\": false, \"exchange\": true},",
            "          {\"remove\": DIRECTORY}, ...],",
            " \"else\": [...]}",
            "version, lease, replace and exchange may be left out; \"base64\": B stands for \"value\"."
        })
final class KvTxnCommand implements Callable<Integer> {
    /** A command is at most 1 MiB; as JSON, with base64 and escapes, it may be longer. */
    private static final int MAX_LENGTH = 8 << 20;

    @Mixin
    private KvCommand.Common common;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "FILE",
            description = "The transaction (default: standard input).")
    private Path file;

    @Override
    public Integer call() throws IOException {
        Txn txn = TxnJson.parse(read());
        try (NamespaceConnection connection = common.connect()) {
            TxnResult result = connection.keyValue().txn(txn);
            common.out().println(TxnJson.print(txn, result));
            return (result.succeeded() ? ExitCode.OK : ExitCode.CONFLICT).code();
        }
    }

    private String read() throws IOException {
        byte[] bytes;
        if (file == null) {
            bytes = System.in.readNBytes(MAX_LENGTH + 1);
        } else {
            try (var in = Files.newInputStream(file)) {
                bytes = in.readNBytes(MAX_LENGTH + 1);
            } catch (IOException e) {
                throw new CommandFailure(
                        ExitCode.USAGE, "transaction cannot be read: " + Failures.describe(e), "check the path", e);
            }
        }
        if (bytes.length > MAX_LENGTH) {
            throw new CommandFailure(
                    ExitCode.USAGE, "transaction too large: limit=" + MAX_LENGTH, "cut it into smaller ones");
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
