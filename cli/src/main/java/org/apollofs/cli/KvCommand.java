package org.apollofs.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.NamespaceLimits;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * The key-value face of a running site, or of members that are processes of their own: keys are paths of the mount, values the
 * content of small files there. Each call is linearizable, and durable when it returns.
 */
@Command(
        name = "kv",
        description = "Read and write values in the namespace. A key is a path of the mount.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            KvCommand.Put.class,
            KvCommand.Get.class,
            KvCommand.Cas.class,
            KvCommand.Delete.class,
            KvScanCommand.class,
            KvTxnCommand.class,
            KvWatchCommand.class,
            KvLeaseCommand.class
        })
final class KvCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** Bytes of a value that is printed within JSON. */
    private static final int MAX_JSON_VALUE = 64 << 20;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getOut());
        return ExitCode.OK.code();
    }

    /** What every kv command takes. */
    static final class Common {
        @Spec(Spec.Target.MIXEE)
        private CommandSpec spec;

        @Mixin
        private NamespaceOptions namespace;

        @Option(names = "--json", description = "Print the result as JSON.")
        private boolean json;

        boolean json() {
            return json;
        }

        PrintWriter out() {
            return spec.commandLine().getOut();
        }

        PrintWriter err() {
            return spec.commandLine().getErr();
        }

        /** The site, for a value on its stripes. */
        SiteFolder siteOfLarge(String key) {
            return namespace.site("values beyond " + NamespaceLimits.INLINE_LENGTH + " bytes, key=" + key);
        }

        NamespaceConnection connect() {
            return namespace.connect();
        }

        ObjectNode result(String key) {
            return JSON.createObjectNode().put("key", key);
        }

        void print(ObjectNode result, String text) {
            spec.commandLine().getOut().println(json ? result.toString() : text);
        }

        /** Says that a key is not there, or is not as expected; the exit code is the answer. */
        Integer miss(ExitCode code, ObjectNode result, String text) {
            if (json) {
                spec.commandLine().getOut().println(result);
            } else {
                spec.commandLine().getErr().println("apollo: " + text);
            }
            return code.code();
        }
    }

    /** Where a value comes from beside the command line. */
    static final class ValueSource {
        @Spec(Spec.Target.MIXEE)
        private CommandSpec spec;

        @Option(names = "--file", paramLabel = "FILE", description = "Take the value from a file.")
        private Path file;

        @Option(names = "--stdin", description = "Take the value from standard input.")
        private boolean stdin;

        /** @param text the value of the command line, or null. @return the value's bytes, to be closed. */
        InputStream open(String text) {
            int sources = (text == null ? 0 : 1) + (file == null ? 0 : 1) + (stdin ? 1 : 0);
            if (sources != 1) {
                throw new ParameterException(
                        spec.commandLine(), "expected one of VALUE, --file and --stdin, found " + sources);
            }
            if (text != null) {
                return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
            }
            return stdin ? System.in : openFile(file);
        }

        /** The value as an array: one byte more than an inline value may have at most, so that the limit speaks. */
        byte[] read(String text) throws IOException {
            try (InputStream in = open(text)) {
                return in.readNBytes(NamespaceLimits.INLINE_LENGTH + 1);
            }
        }

        static InputStream openFile(Path file) {
            try {
                if (Files.isDirectory(file)) {
                    throw new IOException("is a directory: " + file);
                }
                return Files.newInputStream(file);
            } catch (IOException e) {
                throw new CommandFailure(
                        ExitCode.USAGE, "value cannot be read: " + Failures.describe(e), "check the path", e);
            }
        }

        static byte[] readFile(Path file) throws IOException {
            try (InputStream in = openFile(file)) {
                return in.readNBytes(NamespaceLimits.INLINE_LENGTH + 1);
            }
        }
    }

    /** Sets a value. */
    @Command(
            name = "put",
            description = {
                "Set a value, durably. Missing parent directories are made.",
                "Up to 64 KiB it stands in the namespace; a larger one is a file on stripes, put whole or not at all."
            })
    static final class Put implements Callable<Integer> {
        @Mixin
        private Common common;

        @Parameters(index = "0", paramLabel = "KEY", description = "Path in the mount, such as run1/latest.")
        private String key;

        @Parameters(index = "1", arity = "0..1", paramLabel = "VALUE", description = "The value, as text.")
        private String value;

        @Mixin
        private ValueSource source;

        @Option(names = "--version-is", paramLabel = "N", description = "Only if the key has this version.")
        private Long version;

        @Option(names = "--absent", description = "Only if the key does not exist.")
        private boolean absent;

        @Option(names = "--lease", paramLabel = "N", description = "Attach the key to a lease: see 'kv lease'.")
        private long lease;

        @Override
        public Integer call() throws IOException {
            long expected = absent ? KeyValue.ABSENT : version != null ? version : KeyValue.ANY_VERSION;
            try (InputStream in = source.open(value)) {
                byte[] head = in.readNBytes(NamespaceLimits.INLINE_LENGTH + 1);
                long newVersion = lease == 0 && head.length > NamespaceLimits.INLINE_LENGTH
                        ? BlobClient.put(
                                common.siteOfLarge(key),
                                key,
                                new SequenceInputStream(new ByteArrayInputStream(head), in),
                                expected)
                        : putInline(head, expected);
                common.print(common.result(key).put("version", newVersion), "version " + newVersion);
            }
            return ExitCode.OK.code();
        }

        private long putInline(byte[] bytes, long expected) {
            try (NamespaceConnection connection = common.connect()) {
                return lease == 0
                        ? connection.keyValue().put(key, bytes, expected)
                        : connection.keyValue().put(key, bytes, expected, lease);
            }
        }
    }

    /** Reads a value. */
    @Command(name = "get", description = "Print a value: its bytes and nothing else, or JSON.")
    static final class Get implements Callable<Integer> {
        @Mixin
        private Common common;

        @Parameters(index = "0", paramLabel = "KEY", description = "Path in the mount.")
        private String key;

        @Override
        public Integer call() throws IOException {
            try (NamespaceConnection connection = common.connect()) {
                Optional<KeyValue.Value> found = connection.keyValue().get(key);
                if (found.isEmpty()) {
                    return common.miss(ExitCode.ABSENT, common.result(key).put("absent", true), "no such key: " + key);
                }
                byte[] bytes = found.get().value();
                if (bytes == null) {
                    return getLarge();
                }
                print(found.get().version(), bytes);
            }
            return ExitCode.OK.code();
        }

        private void print(long version, byte[] bytes) throws IOException {
            if (common.json()) {
                common.out().println(KvValues.put(common.result(key).put("version", version), bytes));
            } else {
                printBytes(bytes);
            }
        }

        /** A value on stripes comes from the site's process. */
        private Integer getLarge() throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            BlobClient.Head head = BlobClient.get(common.siteOfLarge(key), key, found -> {
                if (common.json() && found.size() > MAX_JSON_VALUE) {
                    throw new CommandFailure(
                            ExitCode.USAGE,
                            "value too large for JSON: bytes=" + found.size() + ", limit=" + MAX_JSON_VALUE,
                            "leave --json out");
                }
                return common.json() ? bytes : System.out;
            });
            if (!head.found()) {
                return common.miss(ExitCode.ABSENT, common.result(key).put("absent", true), "no such key: " + key);
            }
            if (common.json()) {
                print(head.version(), bytes.toByteArray());
            }
            return ExitCode.OK.code();
        }

        private static void printBytes(byte[] bytes) throws IOException {
            OutputStream out = System.out;
            out.write(bytes);
            out.flush();
        }
    }

    /** Sets a value if it is as expected. */
    @Command(name = "cas", description = "Compare and set: set a value if the present one equals what is expected.")
    static final class Cas implements Callable<Integer> {
        @Mixin
        private Common common;

        @Parameters(index = "0", paramLabel = "KEY", description = "Path in the mount.")
        private String key;

        @Parameters(index = "1", arity = "0..1", paramLabel = "VALUE", description = "The value, as text.")
        private String value;

        @Mixin
        private ValueSource source;

        @ArgGroup(multiplicity = "1")
        private Expected expected;

        /** What the value must be now. */
        static final class Expected {
            @Option(names = "--expect", paramLabel = "VALUE", description = "The present value, as text.")
            private String text;

            @Option(names = "--expect-file", paramLabel = "FILE", description = "A file with the present value.")
            private Path file;
        }

        @Override
        public Integer call() throws IOException {
            byte[] present = expected.text != null
                    ? expected.text.getBytes(StandardCharsets.UTF_8)
                    : ValueSource.readFile(expected.file);
            byte[] update = source.read(value);
            try (NamespaceConnection connection = common.connect()) {
                Optional<KeyValue.Value> set = connection.keyValue().compareAndSet(key, present, update);
                ObjectNode result = common.result(key).put("set", set.isPresent());
                if (set.isEmpty()) {
                    return common.miss(ExitCode.CONFLICT, result, "the value is not as expected: key=" + key);
                }
                long version = set.get().version();
                common.print(result.put("version", version), "version " + version);
            }
            return ExitCode.OK.code();
        }
    }

    /** Deletes a value. */
    @Command(name = "delete", description = "Delete a key, which is a file of the mount.")
    static final class Delete implements Callable<Integer> {
        @Mixin
        private Common common;

        @Parameters(index = "0", paramLabel = "KEY", description = "Path in the mount.")
        private String key;

        @Option(names = "--version-is", paramLabel = "N", description = "Only if the key has this version.")
        private Long version;

        @Override
        public Integer call() {
            try (NamespaceConnection connection = common.connect()) {
                boolean deleted = connection.keyValue().delete(key, version != null ? version : KeyValue.ANY_VERSION);
                ObjectNode result = common.result(key).put("deleted", deleted);
                if (!deleted) {
                    return common.miss(ExitCode.ABSENT, result, "no such key: " + key);
                }
                common.print(result, "deleted");
            }
            return ExitCode.OK.code();
        }
    }
}
