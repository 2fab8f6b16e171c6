package org.apollofs.io.erasure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class GaloisFieldTest {
    @Test
    void shouldBeAField() {
        assertEquals(0x1d, GaloisField.multiply(0x80, 2));
        for (int a = 1; a < 256; a++) {
            assertEquals(1, GaloisField.multiply(a, GaloisField.invert(a)));
            assertEquals(0, GaloisField.multiply(a, 0));
            for (int b = 0; b < 256; b++) {
                assertEquals(GaloisField.multiply(a, b), GaloisField.multiply(b, a));
                int sum = GaloisField.multiply(a, b ^ 0x5a);
                assertEquals(sum, GaloisField.multiply(a, b) ^ GaloisField.multiply(a, 0x5a));
            }
        }
        assertThrows(ArithmeticException.class, () -> GaloisField.invert(0));
    }

    @Test
    void shouldInvertMatrices() {
        int[][] matrix = {{0, 1, 7}, {3, 0, 200}, {9, 4, 255}};
        int[][] inverse = GaloisField.invert(matrix);
        for (int i = 0; i < 3; i++) {
            int[] unit = new int[3];
            unit[i] = 1;
            assertArrayEquals(unit, GaloisField.multiply(matrix[i], inverse));
        }
        assertThrows(ArithmeticException.class, () -> GaloisField.invert(new int[][] {{2, 3}, {2, 3}}));
    }
}
