package org.apollofs.namespace.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class BoundedErrorsTest {
    private final AtomicLong clock = new AtomicLong();
    private final List<String> said = new ArrayList<>();
    private final BoundedErrors errors =
            new BoundedErrors(clock::get, (error, unsaid) -> said.add(error.getMessage() + " +" + unsaid));

    @Test
    void shouldSayEachKindOnceInAWhile() {
        for (int i = 0; i < 1_000; i++) {
            errors.onError(new IOException("to port " + i));
            errors.onError(new IOException("of another kind"));
        }
        assertEquals(List.of("to port 0 +0", "of another kind +0"), said);
        clock.addAndGet(TimeUnit.SECONDS.toNanos(10));
        errors.onError(new IOException("to port 7"));
        assertEquals("to port 7 +999", said.get(2));
    }

    @Test
    void shouldNotRememberMoreKindsThanItMay() {
        for (char first = 'a'; first <= 'z'; first++) {
            for (char second = 'a'; second <= 'z'; second++) {
                errors.onError(new IOException("" + first + second));
            }
        }
        assertTrue(said.size() <= 66, "said=" + said.size());
    }
}
