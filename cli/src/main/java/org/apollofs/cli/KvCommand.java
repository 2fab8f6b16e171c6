package org.apollofs.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
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
 * The key-value face of a running site: keys are paths of the mount, values the content of small files there. Each call
 * is linearizable, and durable when it returns.
 */
@Command(
        name = "kv",
        description = "Read and write small values in the namespace of a running site. A key is a path of the mount.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {KvCommand.Put.class, KvCommand.Get.class, KvCommand.Cas.class, KvCommand.Delete.class})
final class KvCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();

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

        @Option(names = "--dir", required = true, paramLabel = "DIR", description = "Folder of the running site.")
        private Path dir;

        @Option(names = "--json", description = "Print the result as JSON.")
        private boolean json;

        SiteConnection connect() {
            return SiteConnection.open(SiteFolder.of(dir));
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

        /** @param text the value of the command line, or null. */
        byte[] read(String text) throws IOException {
            int sources = (text == null ? 0 : 1) + (file == null ? 0 : 1) + (stdin ? 1 : 0);
            if (sources != 1) {
                throw new ParameterException(
                        spec.commandLine(), "expected one of VALUE, --file and --stdin, found " + sources);
            }
            if (text != null) {
                return text.getBytes(StandardCharsets.UTF_8);
            }
            // One byte more than allowed, so that the namespace's own limit speaks.
            return stdin ? System.in.readNBytes(NamespaceLimits.INLINE_LENGTH + 1) : readFile(file);
        }

        static byte[] readFile(Path file) {
            try (InputStream in = Files.newInputStream(file)) {
                return in.readNBytes(NamespaceLimits.INLINE_LENGTH + 1);
            } catch (IOException e) {
                throw new CommandFailure(
                        ExitCode.USAGE, "value cannot be read: " + Failures.describe(e), "check the path", e);
            }
        }
    }

    /** Sets a value. */
    @Command(name = "put", description = "Set a value, durably. Missing parent directories are made.")
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

        @Override
        public Integer call() throws IOException {
            long expected = absent ? KeyValue.ABSENT : version != null ? version : KeyValue.ANY_VERSION;
            byte[] bytes = source.read(value);
            try (SiteConnection site = common.connect()) {
                long newVersion = site.keyValue().put(key, bytes, expected);
                common.print(common.result(key).put("version", newVersion), "version " + newVersion);
            }
            return ExitCode.OK.code();
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
            try (SiteConnection site = common.connect()) {
                Optional<KeyValue.Value> found = site.keyValue().get(key);
                if (found.isEmpty()) {
                    return common.miss(ExitCode.ABSENT, common.result(key).put("absent", true), "no such key: " + key);
                }
                byte[] bytes = found.get().value();
                if (bytes == null) {
                    throw new CommandFailure(
                            ExitCode.USAGE,
                            "the key is a large file: key=" + key + ", bytes="
                                    + found.get().inode().size(),
                            "read it through the mount");
                }
                if (common.json) {
                    printJson(bytes, found.get().version());
                } else {
                    printBytes(bytes);
                }
            }
            return ExitCode.OK.code();
        }

        private void printJson(byte[] bytes, long version) {
            ObjectNode result = common.result(key).put("version", version);
            try {
                result.put(
                        "value",
                        StandardCharsets.UTF_8
                                .newDecoder()
                                .decode(ByteBuffer.wrap(bytes))
                                .toString());
            } catch (CharacterCodingException notText) {
                result.put("base64", Base64.getEncoder().encodeToString(bytes));
            }
            common.spec.commandLine().getOut().println(result);
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
            try (SiteConnection site = common.connect()) {
                Optional<KeyValue.Value> set = site.keyValue().compareAndSet(key, present, update);
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
            try (SiteConnection site = common.connect()) {
                boolean deleted = site.keyValue().delete(key, version != null ? version : KeyValue.ANY_VERSION);
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
