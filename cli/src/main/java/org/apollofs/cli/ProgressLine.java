package org.apollofs.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;
import org.apollofs.perf.report.Bytes;

/**
 * What a long command is doing, on standard error: one line that changes where that is a terminal, else one line when a
 * phase ends. One thread begins and ends phases; a daemon thread redraws.
 */
final class ProgressLine implements AutoCloseable {
    private static final long REDRAW_MS = 200;
    private static final int BAR_WIDTH = 24;
    private static final double NS_PER_SECOND = 1e9;

    private final PrintWriter out;
    private final boolean terminal;
    private final Thread painter;
    private Phase phase;
    private boolean closed;

    private record Phase(String name, long totalBytes, LongAdder done, long startNs) {}

    /** @param out standard error. */
    ProgressLine(PrintWriter out) {
        this.out = out;
        this.terminal = isTerminal();
        this.painter = new Thread(this::paint, "progress");
        painter.setDaemon(true);
        if (terminal) {
            painter.start();
        }
    }

    /** Begins a phase whose end is not known. */
    void begin(String name) {
        begin(name, 0, new LongAdder());
    }

    /**
     * Begins a phase that moves bytes.
     *
     * @param done counts them.
     */
    synchronized void begin(String name, long totalBytes, LongAdder done) {
        phase = new Phase(name, totalBytes, done, System.nanoTime());
        draw();
    }

    /** Ends the phase: its line stays. @return seconds that it took. */
    synchronized double end(String result) {
        double seconds = (System.nanoTime() - phase.startNs) / NS_PER_SECOND;
        clear();
        out.printf(Locale.ROOT, "  %-30s %7.2f s  %s%n", phase.name, seconds, result);
        out.flush();
        phase = null;
        return seconds;
    }

    /** Prints a line of its own. */
    synchronized void say(String line) {
        clear();
        out.println(line);
        out.flush();
    }

    /** Ends the drawing and leaves a clean line. */
    @Override
    public synchronized void close() {
        closed = true;
        clear();
        out.flush();
        painter.interrupt();
    }

    private void paint() {
        try {
            while (true) {
                Thread.sleep(REDRAW_MS);
                synchronized (this) {
                    if (closed) {
                        return;
                    }
                    draw();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void draw() {
        if (!terminal || phase == null) {
            return;
        }
        double seconds = (System.nanoTime() - phase.startNs) / NS_PER_SECOND;
        StringBuilder line = new StringBuilder("\r\033[K  ");
        line.append(String.format(Locale.ROOT, "%-30s %7.2f s", phase.name, seconds));
        if (phase.totalBytes > 0) {
            long done = phase.done.sum();
            int filled = Math.clamp(done * BAR_WIDTH / phase.totalBytes, 0, BAR_WIDTH);
            line.append("  [")
                    .append("#".repeat(filled))
                    .append(" ".repeat(BAR_WIDTH - filled))
                    .append("] ");
            line.append(Bytes.format(done)).append(" of ").append(Bytes.format(phase.totalBytes));
        }
        out.print(line);
        out.flush();
    }

    private void clear() {
        if (terminal) {
            out.print("\r\033[K");
        }
    }

    /** Whether descriptor 2 is a terminal: System.console() asks about 0 and 1. */
    private static boolean isTerminal() {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
        } catch (IOException e) {
            return false;
        }
    }
}
