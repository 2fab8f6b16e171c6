package org.apollofs.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import org.slf4j.LoggerFactory;

/**
 * Logging of the command: warnings to standard error, more with {@code -v} and {@code --debug}. In Java rather than XML,
 * because parsing XML would be half of a light command's start-up time.
 */
public final class Logging extends ContextAwareBase implements Configurator {
    private static volatile Level level = Level.WARN;
    private static volatile boolean started;

    /** Chooses the level. Does not load the logging library where nothing has logged yet. */
    static void configure(boolean debug, boolean verbose) {
        level = debug ? Level.DEBUG : verbose ? Level.INFO : Level.WARN;
        if (started) {
            apply((LoggerContext) LoggerFactory.getILoggerFactory());
        }
    }

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern("%d{HH:mm:ss.SSS} %-5level %logger{0}: %msg%n");
        encoder.start();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setName("stderr");
        appender.setTarget("System.err");
        appender.setEncoder(encoder);
        appender.start();
        context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).addAppender(appender);
        apply(context);
        started = true;
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    private static void apply(LoggerContext context) {
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(level);
        Level foreign = level == Level.DEBUG ? Level.INFO : Level.WARN;
        context.getLogger("org.apollofs").setLevel(level);
        context.getLogger("jnr").setLevel(foreign);
        context.getLogger("net.openhft").setLevel(Level.ERROR);
    }
}
