package org.apollofs.dataplane.layout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StripeLayoutTest {
    private static final int MIB = 1024 * 1024;

    @Test
    void shouldReadTheUsualForm() {
        assertEquals(new StripeLayout(8, 2, MIB), StripeLayout.parse("8+2", MIB));
        assertEquals("8+2", StripeLayout.parse("8+2", MIB).toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "4", "+2", "4+", "a+b", "4+2+1", "0+2", "4+-1", "30+4"})
    void shouldRefuseWhatIsNoLayout(String text) {
        assertThrows(IllegalArgumentException.class, () -> StripeLayout.parse(text, MIB));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4096, 64 * 1024 + 1, 32 * MIB})
    void shouldRefuseChunkLengthsOutOfBounds(int chunkLength) {
        assertThrows(IllegalArgumentException.class, () -> new StripeLayout(4, 2, chunkLength));
    }

    @Test
    void shouldPadParityButNotCopies() {
        assertEquals(8192, new StripeLayout(4, 2, MIB).parityLength(4097));
        assertEquals(4097, new StripeLayout(1, 2, MIB).parityLength(4097));
        assertEquals(4096, StripeLayout.padded(1));
        assertEquals(4096, StripeLayout.padded(4096));
    }

    @Test
    void shouldTellParityFromData() {
        StripeLayout layout = new StripeLayout(4, 2, MIB);
        assertTrue(layout.isParity(4));
        assertEquals(6, layout.width());
        assertEquals(1.5, layout.overhead());
    }
}
