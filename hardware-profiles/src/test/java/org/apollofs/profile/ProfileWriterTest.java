package org.apollofs.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProfileWriterTest {
    @ParameterizedTest
    @CsvSource({"1, 0", "1, 1", "4, 2", "8, 2"})
    void shouldBeReadBackAsItWas(int dataChunks, int parityChunks) {
        HardwareProfile profile = ProfileLoader.load("embedded")
                .withLayout(dataChunks, parityChunks)
                .withTargetSize(123 * 4096L * 1024);

        HardwareProfile read = ProfileLoader.parse(profile.source(), ProfileWriter.toYaml(profile));

        assertEquals(profile, read);
    }
}
