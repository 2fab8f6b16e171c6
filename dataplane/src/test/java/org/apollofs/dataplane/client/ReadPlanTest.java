package org.apollofs.dataplane.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

class ReadPlanTest {
    @Test
    void shouldGrow() {
        ReadPlan plan = new ReadPlan();
        byte[][] arrays = new byte[100][];
        for (int i = 0; i < arrays.length; i++) {
            arrays[i] = new byte[1];
            plan.addBytes(arrays[i], i, 1);
            plan.addZeros(2);
            plan.addMemory(null, i, 3);
        }
        assertEquals(3 * arrays.length, plan.count());
        for (int i = 0; i < arrays.length; i++) {
            assertSame(arrays[i], plan.array(3 * i));
            assertEquals(i, plan.start(3 * i));
        }
    }
}
