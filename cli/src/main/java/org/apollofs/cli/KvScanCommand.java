package org.apollofs.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.apollofs.namespace.client.KeyPage;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists keys in order. */
@Command(
        name = "scan",
        description = "List keys that begin with a prefix, in byte order. With --json one object a line.")
final class KvScanCommand implements Callable<Integer> {
    private static final int PAGE = 1024;

    @Mixin
    private KvCommand.Common common;

    @Parameters(
            index = "0",
            arity = "0..1",
            defaultValue = "",
            paramLabel = "PREFIX",
            description = "Any part of a path, such as run1/step- (default: all keys).")
    private String prefix;

    @Option(names = "--after", paramLabel = "KEY", description = "Begin behind this key.")
    private String after;

    @Option(names = "--limit", paramLabel = "N", description = "At most so many keys (default: all).")
    private long limit = Long.MAX_VALUE;

    @Option(names = "--values", description = "Print the values too, behind a tab.")
    private boolean values;

    @Override
    public Integer call() {
        boolean keysOnly = !values;
        try (NamespaceConnection connection = common.connect()) {
            PrintWriter out = common.out();
            String next = after;
            long left = limit;
            do {
                int wanted = (int) Math.min(PAGE, left);
                if (wanted < 1) {
                    break;
                }
                KeyPage page = connection.keyValue().scan(prefix, next, wanted, keysOnly);
                page.entries().forEach(entry -> print(out, entry));
                left -= page.entries().size();
                next = page.next();
            } while (next != null && !out.checkError());
        }
        return ExitCode.OK.code();
    }

    private void print(PrintWriter out, KeyPage.Entry entry) {
        if (common.json()) {
            out.println(KvValues.put(
                    common.result(entry.key())
                            .put("version", entry.version())
                            .put("size", entry.inode().size()),
                    entry.value()));
        } else {
            out.println(values ? entry.key() + "\t" + KvValues.line(entry.value()) : entry.key());
        }
    }
}
