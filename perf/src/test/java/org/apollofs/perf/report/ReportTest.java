package org.apollofs.perf.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReportTest {
    @Test
    void shouldShowTheSameRowsAsTableAndJson() throws IOException {
        Report report = new Report("apollo demo")
                .text("layout", "layout", "4+2")
                .count("write.bytes", "bytes", 2_147_483_648L, "B")
                .number("write.gbPerSecond", "write", 1.23456, 2, "GB/s")
                .hidden("targets", List.of(1, 2))
                .flag("passed", "passed", true);

        assertEquals("""
                apollo demo
                  layout  4+2
                  bytes   2,147,483,648 B
                  write            1.23 GB/s
                  passed  yes
                """, report.toTable());
        JsonNode json = new ObjectMapper().readTree(report.toJson());
        assertEquals(2_147_483_648L, json.at("/write/bytes").asLong());
        assertEquals(1.23456, json.at("/write/gbPerSecond").asDouble());
        assertEquals(2, json.at("/targets/1").asInt());
        assertTrue(json.at("/passed").asBoolean());
    }

    @Test
    void shouldFormatSizes() {
        assertEquals("0 B", Bytes.format(0));
        assertEquals("1023 B", Bytes.format(1023));
        assertEquals("2.00 GiB", Bytes.format(2L << 30));
        assertEquals("1.50 TiB", Bytes.format(3L << 39));
    }
}
