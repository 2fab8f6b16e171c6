package org.apollofs.io.erasure;

/**
 * Arithmetic in GF(2^8) with the polynomial x^8 + x^4 + x^3 + x^2 + 1 (0x11d), the field of ISA-L and of most storage
 * codes, and the matrices over it. Pure functions, for setting codes up: the codecs do the bulk.
 */
final class GaloisField {
    /** The polynomial less its highest term. */
    static final int POLYNOMIAL = 0x1d;

    private GaloisField() {}

    static int multiply(int a, int b) {
        int product = 0;
        int shifted = a;
        for (int bit = 0; bit < 8; bit++) {
            if ((b >> bit & 1) != 0) {
                product ^= shifted;
            }
            shifted = ((shifted << 1) & 0xff) ^ ((shifted & 0x80) != 0 ? POLYNOMIAL : 0);
        }
        return product;
    }

    /** The inverse of a number that is not 0: its 254th power, since the group has 255 elements. */
    static int invert(int a) {
        if (a == 0) {
            throw new ArithmeticException("0 has no inverse");
        }
        int result = 1;
        for (int i = 0; i < 254; i++) {
            result = multiply(result, a);
        }
        return result;
    }

    /** The product of a row and a matrix. */
    static int[] multiply(int[] row, int[][] matrix) {
        int[] product = new int[matrix[0].length];
        for (int column = 0; column < product.length; column++) {
            for (int i = 0; i < row.length; i++) {
                product[column] ^= multiply(row[i], matrix[i][column]);
            }
        }
        return product;
    }

    /**
     * The inverse of a square matrix, by Gauss-Jordan elimination.
     *
     * @throws ArithmeticException if it has none.
     */
    static int[][] invert(int[][] matrix) {
        int size = matrix.length;
        int[][] left = new int[size][];
        int[][] right = new int[size][size];
        for (int i = 0; i < size; i++) {
            left[i] = matrix[i].clone();
            right[i][i] = 1;
        }
        for (int column = 0; column < size; column++) {
            int pivot = column;
            while (pivot < size && left[pivot][column] == 0) {
                pivot++;
            }
            if (pivot == size) {
                throw new ArithmeticException("singular matrix: size=" + size + ", column=" + column);
            }
            swap(left, pivot, column);
            swap(right, pivot, column);
            int inverse = invert(left[column][column]);
            scale(left[column], inverse);
            scale(right[column], inverse);
            for (int row = 0; row < size; row++) {
                int factor = left[row][column];
                if (row != column && factor != 0) {
                    subtract(left[row], left[column], factor);
                    subtract(right[row], right[column], factor);
                }
            }
        }
        return right;
    }

    private static void swap(int[][] rows, int a, int b) {
        int[] row = rows[a];
        rows[a] = rows[b];
        rows[b] = row;
    }

    private static void scale(int[] row, int factor) {
        for (int i = 0; i < row.length; i++) {
            row[i] = multiply(row[i], factor);
        }
    }

    private static void subtract(int[] row, int[] other, int factor) {
        for (int i = 0; i < row.length; i++) {
            row[i] ^= multiply(other[i], factor);
        }
    }
}
