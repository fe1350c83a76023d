package lanewise;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lanewise.error.LanewiseException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The sentences of the architecture, each as a rule over the compiled engine.
class ArchitectureTest {

  /// From the bottom to the top: a package, with what lies below it, knows only the ones before.
  private static final List<String> LAYERS =
      List.of(
          "error", "random", "storage", "tensor", "kernel", "choice", "layer", "network", "data",
          "train");

  private static final Set<String> THREAD_STARTERS =
      Set.of(
          "java.util.concurrent.Executors",
          "java.util.concurrent.ForkJoinPool",
          "java.util.concurrent.ThreadPoolExecutor",
          "java.util.concurrent.ScheduledThreadPoolExecutor",
          "java.util.concurrent.CompletableFuture",
          "java.util.concurrent.StructuredTaskScope",
          "java.util.Timer");

  private static Path engineClasses;
  private static JavaClasses engine;

  @BeforeAll
  static void readTheEngine() throws URISyntaxException {
    engineClasses =
        Path.of(
            LanewiseException.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    engine = new ClassFileImporter().importPath(engineClasses);
  }

  static Stream<String> layers() {
    return LAYERS.stream();
  }

  @ParameterizedTest
  @MethodSource("layers")
  void arrowsNeverPointUp(String layer) {
    String[] above =
        LAYERS.stream()
            .skip(LAYERS.indexOf(layer) + 1L)
            .map(ArchitectureTest::tree)
            .toArray(String[]::new);
    noClasses()
        .that(resideInAPackage(tree(layer)))
        .should()
        .dependOnClassesThat(resideInAnyPackage(above))
        .allowEmptyShould(true)
        .check(engine);
  }

  @Test
  void everyPackageHasItsPlaceInTheLayers() {
    String[] known = LAYERS.stream().map(ArchitectureTest::tree).toArray(String[]::new);
    classes()
        .that(describe("are not module-info", type -> !type.getSimpleName().equals("module-info")))
        .should()
        .resideInAnyPackage(known)
        .check(engine);
  }

  @Test
  void onlySimdKernelsKnowTheVectorModule() {
    noClasses()
        .that(resideOutsideOfPackages("lanewise.kernel.simd"))
        .and(describe("are not module-info", type -> !type.getSimpleName().equals("module-info")))
        .should()
        .dependOnClassesThat(resideInAPackage("jdk.incubator.."))
        .check(engine);
  }

  @Test
  void vectorsNeverLeaveTheirPackage() {
    List<String> leaks =
        engine.stream()
            .filter(type -> type.getPackageName().equals("lanewise.kernel.simd"))
            .flatMap(type -> type.getMembers().stream())
            .filter(member -> member.getModifiers().contains(JavaModifier.PUBLIC))
            .filter(
                member ->
                    member.getAllInvolvedRawTypes().stream()
                        .anyMatch(type -> type.getPackageName().startsWith("jdk.incubator")))
            .map(Object::toString)
            .toList();
    assertThat(leaks).as("public members of lanewise.kernel.simd with a vector type").isEmpty();
  }

  @Test
  void theEngineNeedsNothingButTheJdk() {
    classes()
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(
                "lanewise..", "java..", "javax.management..", "jdk.incubator.vector"))
        .check(engine);
  }

  @Test
  void onlyParallelAndThePrefetcherStartThreads() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("lanewise.kernel.Parallel")
        .and()
        .doNotHaveFullyQualifiedName("lanewise.data.Batches")
        .should()
        .accessTargetWhere(describe("it starts a thread", ArchitectureTest::startsThread))
        .check(engine);
  }

  @Test
  void theEnginePrintsNothingAndNeverExits() {
    noClasses()
        .should()
        .accessTargetWhere(describe("it prints or exits", ArchitectureTest::printsOrExits))
        .check(engine);
  }

  @Test
  void kernelsAreNotExported() throws IOException {
    Set<String> exported;
    try (InputStream in = Files.newInputStream(engineClasses.resolve("module-info.class"))) {
      exported =
          ModuleDescriptor.read(in).exports().stream()
              .filter(export -> !export.isQualified())
              .map(ModuleDescriptor.Exports::source)
              .collect(Collectors.toSet());
    }
    assertThat(exported)
        .contains("lanewise.error", "lanewise.tensor")
        .noneMatch(name -> name.startsWith("lanewise.kernel."));
  }

  private static String tree(String layer) {
    return "lanewise." + layer + "..";
  }

  private static boolean startsThread(JavaAccess<?> access) {
    JavaClass owner = access.getTargetOwner();
    String member = access.getName();
    if (owner.isAssignableTo(Thread.class)) {
      return Set.of("<init>", "start", "ofPlatform", "ofVirtual", "startVirtualThread")
          .contains(member);
    }
    // CompletableFuture and parallel streams run on a pool that nobody owns.
    return THREAD_STARTERS.contains(owner.getName())
        || member.equals("parallelStream")
        || (member.equals("parallel") && owner.getName().startsWith("java.util.stream."))
        || (owner.getName().equals("java.util.Arrays") && member.startsWith("parallel"));
  }

  private static boolean printsOrExits(JavaAccess<?> access) {
    String owner = access.getTargetOwner().getName();
    String member = access.getName();
    return switch (owner) {
      case "java.lang.System" ->
          Set.of("out", "err", "exit", "console", "setOut", "setErr").contains(member);
      case "java.lang.Runtime" -> Set.of("exit", "halt").contains(member);
      case "java.lang.IO" -> true;
      default -> member.equals("printStackTrace");
    };
  }
}
