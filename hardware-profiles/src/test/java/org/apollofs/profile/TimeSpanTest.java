package org.apollofs.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TimeSpanTest {
    @ParameterizedTest
    @CsvSource({"500ms, 500, 500ms", "120s, 120000, 2min", "90, 90000, 90s", "1h, 3600000, 1h", "0ms, 0, 0ms"})
    void shouldReadWhatPeopleWrite(String text, long milliseconds, String again) {
        assertEquals(milliseconds, TimeSpan.parseMs(text));
        assertEquals(again, TimeSpan.format(milliseconds));
        assertEquals(milliseconds, TimeSpan.parseMs(again));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s", "-1s", "1.5s", "2m", "1 s", "12345678901s"})
    void shouldSayWhatIsExpected(String text) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> TimeSpan.parseMs(text));
        assertTrue(e.getMessage().contains("120s"), e.getMessage());
    }
}
