package org.apollofs.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/** The site's secret: a file that only its owner may read. Made once, at the first start or by {@code apollo namespace secret}. */
final class SiteSecret {
    private static final int LENGTH = 32;

    private SiteSecret() {}

    /** Reads that of an embedded site, or makes it. @return 32 bytes. */
    static byte[] loadOrMake(SiteFolder folder) throws IOException {
        Path file = folder.secret();
        if (!Files.exists(file)) {
            make(file);
        }
        return read(file);
    }

    /** Makes a secret. The file is durable before the first message that is signed with it. */
    static void make(Path file) throws IOException {
        byte[] secret = new byte[LENGTH];
        new SecureRandom().nextBytes(secret);
        SiteFolder.writeDurably(
                file,
                HexFormat.of().formatHex(secret) + "\n",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Arrays.fill(secret, (byte) 0);
    }

    /**
     * Reads one that was given out to several hosts.
     *
     * @return 32 bytes.
     * @throws CommandFailure if it is not there, others may read it, or it is none.
     */
    static byte[] load(Path file) {
        try {
            if (PrivateFiles.isOpenToOthers(file)) {
                throw new CommandFailure(
                        ExitCode.PROFILE,
                        "others may read the site's secret: file=" + file + ", mode="
                                + PosixFilePermissions.toString(Files.getPosixFilePermissions(file)),
                        "chmod 600 " + file);
            }
            return read(file);
        } catch (NoSuchFileException e) {
            throw new CommandFailure(
                    ExitCode.PROFILE,
                    "the site's secret is not there: file=" + file,
                    "copy it from another host of the site; for a new site: apollo namespace secret " + file,
                    e);
        } catch (IOException e) {
            throw new CommandFailure(
                    ExitCode.PROFILE,
                    "the site's secret cannot be read: file=" + file + ", " + Failures.describe(e),
                    "run it as the owner of the file",
                    e);
        }
    }

    private static byte[] read(Path file) throws IOException {
        byte[] secret;
        try {
            secret = HexFormat.of().parseHex(Files.readString(file).strip());
        } catch (IllegalArgumentException e) {
            throw damaged(file, e);
        }
        if (secret.length != LENGTH) {
            throw damaged(file, null);
        }
        return secret;
    }

    /**
     * What is wrong with it.
     *
     * @param known SHA-256 of the site's; empty if it is not known yet: then there may be none.
     */
    static Optional<SitePart> problem(SiteFolder folder, String known) {
        Path file = folder.secret();
        if (known.isEmpty()) {
            return Optional.empty();
        }
        String remedy = "put the site's own back";
        try {
            if (!Files.exists(file)) {
                return Optional.of(new SitePart("site secret is missing: expected=" + file, remedy, true));
            }
            return hash(loadOrMake(folder)).equals(known)
                    ? Optional.empty()
                    : Optional.of(new SitePart("site secret is another one: file=" + file, remedy, true));
        } catch (CommandFailure damaged) {
            return Optional.of(new SitePart("site secret is damaged: file=" + file, remedy, true));
        } catch (IOException e) {
            return Optional.of(new SitePart("site secret cannot be read: " + Failures.describe(e), remedy, false));
        }
    }

    /** SHA-256 of a secret, hexadecimal. */
    static String hash(byte[] secret) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(secret));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static CommandFailure damaged(Path file, Exception origin) {
        return new CommandFailure(
                ExitCode.SITE,
                "site secret is not " + LENGTH + " bytes in hexadecimal: file=" + file,
                "restore it from a copy, or delete it while no other process of the site runs",
                origin);
    }
}
