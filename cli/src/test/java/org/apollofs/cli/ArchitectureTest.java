package org.apollofs.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The arrows of docs/architecture.md, one home per library, and calls that only the wiring may make. */
final class ArchitectureTest {
    private static final String ROOT = "org.apollofs.";

    /** Layers from the bottom up: each may use those before it. */
    private static final List<String> LAYERS =
            List.of("profile", "io", "transport", "namespace", "dataplane", "fuse", "perf", "cli");

    /** Libraries, and the packages that may use them. perf measures everything, cli wires everything. */
    private static final Map<String, List<String>> HOMES = homes();

    private static final Set<String> FORBIDDEN = Set.of(
            "java.lang.System.nanoTime",
            "java.lang.System.currentTimeMillis",
            "java.lang.Math.random",
            "java.lang.Thread.sleep",
            "java.lang.Thread.startVirtualThread",
            "java.lang.Thread.ofVirtual",
            "java.lang.Thread.ofPlatform");

    private static JavaClasses classes;

    @BeforeAll
    static void importClasses() {
        classes = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("org.apollofs");
    }

    private static Map<String, List<String>> homes() {
        Map<String, List<String>> homes = new LinkedHashMap<>();
        homes.put("jnr..", List.of("fuse.jnr"));
        homes.put("ru.serce..", List.of("fuse.jnr"));
        homes.put(
                "java.lang.foreign..",
                List.of("io.os", "io.buffer", "io.device", "io.erasure", "io.checksum", "io.chunk", "fuse.kernel"));
        homes.put("io.aeron..", List.of("transport.aeron", "namespace.cluster"));
        homes.put("org.lmdbjava..", List.of("namespace.state"));
        homes.put("net.openhft..", List.of("io.chunk"));
        homes.put("com.lmax..", List.of("io.chunk", "dataplane"));
        homes.put("picocli..", List.of());
        homes.put("ch.qos..", List.of());
        homes.put("me.tongfei..", List.of());
        homes.put("com.networknt..", List.of("profile"));
        homes.put("org.openjdk.jmh..", List.of());
        return homes;
    }

    @Test
    void shouldSeeAllLayers() {
        for (String layer : LAYERS) {
            assertTrue(
                    classes.stream().anyMatch(type -> type.getPackageName().startsWith(ROOT + layer)),
                    "no class of layer " + layer + ": the rules would prove nothing");
        }
    }

    @Test
    void shouldOnlyPointDownhill() {
        for (int i = 0; i < LAYERS.size() - 1; i++) {
            List<String> above = new ArrayList<>();
            for (String layer : LAYERS.subList(i + 1, LAYERS.size())) {
                above.add(ROOT + layer + "..");
            }
            check(noClasses()
                    .that()
                    .resideInAPackage(ROOT + LAYERS.get(i) + "..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(above.toArray(String[]::new))
                    .because("arrows between modules point downhill: " + LAYERS));
        }
        check(noClasses()
                .that()
                .resideInAPackage(ROOT + "transport..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT + "namespace..")
                .because("lanes know nothing of names"));
        check(noClasses()
                .that()
                .resideInAPackage(ROOT + "namespace..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(ROOT + "io..", ROOT + "transport..")
                .because("the namespace knows nothing of chunks"));
    }

    @Test
    void shouldHaveNoCyclesBetweenPackages() {
        check(slices().matching(ROOT + "(**)").should().beFreeOfCycles());
    }

    @Test
    void shouldMeetOnlyInTheProtocol() {
        check(noClasses()
                .that()
                .resideInAPackage(ROOT + "dataplane.stripe..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT + "dataplane.target..")
                .because("host and target meet only in the transport"));
        check(noClasses()
                .that()
                .resideInAPackage(ROOT + "dataplane.target..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(ROOT + "dataplane.stripe..", ROOT + "dataplane.client..", ROOT + "namespace..")
                .because("a target knows neither hosts nor names"));
    }

    @Test
    void shouldKeepStateMachineFreeOfAeron() {
        check(noClasses()
                .that()
                .resideInAnyPackage(
                        ROOT + "namespace.state..", ROOT + "namespace.command..", ROOT + "namespace.client..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.aeron..")
                .because("the simulator runs it without"));
    }

    @Test
    void shouldKeepEachLibraryInItsHome() {
        HOMES.forEach((library, homes) -> {
            List<String> allowed = new ArrayList<>(List.of(ROOT + "cli..", ROOT + "perf.."));
            homes.forEach(home -> allowed.add(ROOT + home + ".."));
            check(noClasses()
                    .that()
                    .resideOutsideOfPackages(allowed.toArray(String[]::new))
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage(library)
                    .because(library + " has its home in " + homes));
        });
    }

    @Test
    void shouldTakeClocksThreadsAndChanceFromOutside() {
        check(noClasses()
                .that()
                .resideOutsideOfPackages(ROOT + "cli..", ROOT + "perf..")
                .should()
                .callMethodWhere(forbidden())
                .because("clocks and randomness enter through a Context, so that a simulator can run it all"));
        check(noClasses()
                .that()
                .resideOutsideOfPackages(ROOT + "cli..", ROOT + "perf..")
                .should()
                .callConstructorWhere(new DescribedPredicate<>("of Thread") {
                    @Override
                    public boolean test(com.tngtech.archunit.core.domain.JavaConstructorCall call) {
                        return call.getTargetOwner().isAssignableTo(Thread.class);
                    }
                })
                .because("only the wiring starts threads"));
    }

    @Test
    void shouldHaveNoDrawerForEverything() {
        check(noClasses()
                .should()
                .resideInAnyPackage("..common..", "..util..", "..utils..", "..misc..", "..helper..", "..helpers..")
                .because("a shared word lives with the lowest layer that owns it"));
    }

    private static DescribedPredicate<JavaCall<?>> forbidden() {
        return new DescribedPredicate<>("of a clock, of chance or of a sleep") {
            @Override
            public boolean test(JavaCall<?> call) {
                return FORBIDDEN.contains(call.getTargetOwner().getName() + "." + call.getName());
            }
        };
    }

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(classes);
    }
}
