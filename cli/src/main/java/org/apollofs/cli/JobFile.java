package org.apollofs.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.apollofs.dataplane.repair.JobRecord;
import org.apollofs.dataplane.repair.JobStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps how far an embedded site's jobs are, in {@code jobs/NAME.json} of its folder. One that cannot be read or written
 * costs no more than a job that begins anew: that is said, and counted for nothing.
 */
final class JobFile implements JobStore {
    private static final Logger LOG = LoggerFactory.getLogger(JobFile.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final SiteFolder folder;
    private boolean hasFailed;

    JobFile(SiteFolder folder) {
        this.folder = folder;
    }

    private Path file(String job) {
        return folder.jobs().resolve(job + ".json");
    }

    @Override
    public JobRecord load(String job) {
        try {
            JsonNode json = JSON.readTree(Files.readString(file(job)));
            return new JobRecord(
                    job,
                    json.path("startedMs").asLong(),
                    json.path("cursor").asLong(),
                    json.path("done").asLong(),
                    json.path("found").asLong(),
                    json.path("lastEndedMs").asLong());
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            LOG.warn("job begins anew: file={}, {}", file(job), Failures.describe(e));
            return null;
        }
    }

    @Override
    public void save(JobRecord job) {
        ObjectNode json = JSON.createObjectNode()
                .put("startedMs", job.startedMs())
                .put("cursor", job.cursor())
                .put("done", job.done())
                .put("found", job.found())
                .put("lastEndedMs", job.lastEndedMs());
        try {
            Files.createDirectories(folder.jobs());
            SiteFolder.writeDurably(file(job.job()), json + "\n");
            hasFailed = false;
        } catch (IOException e) {
            if (!hasFailed) {
                LOG.warn("how far a job is cannot be kept: file={}, {}", file(job.job()), Failures.describe(e));
            }
            hasFailed = true;
        }
    }
}
