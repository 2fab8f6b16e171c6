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
    @ValueSource(strings = {"", "-1", "1.5GiB", "1MB", "1 MiB", "MiB", "999999999999TiB"})
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
