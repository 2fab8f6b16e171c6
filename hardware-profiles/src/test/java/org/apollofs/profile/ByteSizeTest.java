package org.apollofs.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ByteSizeTest {
    @ParameterizedTest
    @CsvSource({"0,0", "4097,4097", "64KiB,65536", "3MiB,3145728", "2GiB,2147483648", "1TiB,1099511627776"})
    void shouldParseAndFormat(String text, long bytes) {
        assertEquals(bytes, ByteSize.parse(text));
        assertEquals(text, ByteSize.format(bytes));
    }

    @ParameterizedTest
    @CsvSource({
        "2g, 2147483648",
        "2G, 2147483648",
        "2GiB, 2147483648",
        "2gib, 2147483648",
        "2GB, 2000000000",
        "2gb, 2000000000",
        "64k, 65536",
        "64kb, 64000",
        "4096b, 4096",
        "1.5GiB, 1610612736",
        "3.84TB, 3840000000000",
        "15.36TB, 15360000000000",
        "110PB, 110000000000000000",
        "' 1m ', 1048576"
    })
    void shouldTakeWhatPeopleWrite(String text, long bytes) {
        assertEquals(bytes, ByteSize.parse(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-1",
                "1.5",
                "0.3k",
                "1 MiB",
                "MiB",
                "999999999999TiB",
                "8EiB",
                "1mi",
                "1x",
                "1bb",
                "1.2.3k",
                "1e3"
            })
    void shouldRefuse(String text) {
        assertThrows(IllegalArgumentException.class, () -> ByteSize.parse(text));
    }

    @Test
    void shouldFormatWhatNoUnitDivides() {
        assertEquals("1025KiB", ByteSize.format((1 << 20) + 1024));
    }

    @Test
    void shouldParseLayoutNotation() {
        assertEquals(8, LayoutProfile.parse("8+2")[0]);
        assertThrows(IllegalArgumentException.class, () -> LayoutProfile.parse("0+2"));
        assertThrows(IllegalArgumentException.class, () -> LayoutProfile.parse("4"));
    }
}
