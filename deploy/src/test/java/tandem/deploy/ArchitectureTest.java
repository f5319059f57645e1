package tandem.deploy;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * Each organ is defined by what it may not know. Maven's module dependencies hold the coarse
 * directions; these rules hold what they cannot, each with its reason.
 */
@AnalyzeClasses(packages = "tandem", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String[] ZENOH_INSIDE = {
    "tandem.zenoh.keyexpr..",
    "tandem.zenoh.wire..",
    "tandem.zenoh.link..",
    "tandem.zenoh.transport..",
    "tandem.zenoh.binding.."
  };

  @ArchTest
  static final ArchRule codecsOnlySeeBytes =
      noClasses()
          .that()
          .resideInAnyPackage("tandem.zenoh.wire..", "tandem.zenoh.keyexpr..", "tandem.ros2.cdr..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("akka..", "java.nio.channels..", "java.net..", "java.time..")
          .because("a codec that only sees bytes can be fuzzed without a cluster");

  @ArchTest
  static final ArchRule zenohIsEnteredByItsApiOnly =
      noClasses()
          .that()
          .resideOutsideOfPackage("tandem.zenoh..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(ZENOH_INSIDE)
          .because("tandem.zenoh is the only exported package: two bindings stand behind it");

  @ArchTest
  static final ArchRule zenohNeedsTheJdkOnly =
      noClasses()
          .that()
          .resideInAPackage("tandem.zenoh..")
          .should()
          .dependOnClassesThat()
          .resideOutsideOfPackages("tandem.zenoh..", "java..")
          .because("the nerve carries pulses and understands none");

  @ArchTest
  static final ArchRule ros2NeedsProtoAndZenohOnly =
      noClasses()
          .that()
          .resideInAPackage("tandem.ros2..")
          .should()
          .dependOnClassesThat()
          .resideOutsideOfPackages("tandem.ros2..", "tandem.zenoh", "tandem.proto..", "java..")
          .because("a translator knows both tongues and remembers nothing");

  @ArchTest
  static final ArchRule protoKnowsNobody =
      noClasses()
          .that()
          .resideInAPackage("tandem.proto..")
          .should()
          .dependOnClassesThat()
          .resideOutsideOfPackages(
              "tandem.proto..",
              "com.google.protobuf..",
              "java..",
              "javax.xml..",
              "org.w3c.dom..",
              "org.xml.sax..")
          .because("the words everybody shares do not know who speaks them");

  @ArchTest
  static final ArchRule twinRuntimeKnowsNoZenohAndNoRos =
      noClasses()
          .that()
          .resideInAPackage("tandem.twin..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "tandem.zenoh..",
              "tandem.ros2..",
              "tandem.robot..",
              "tandem.sim..",
              "tandem.cloud..",
              "tandem.deploy..")
          .because("the body image knows bytes and schema text, whoever feeds it");

  @ArchTest
  static final ArchRule guardIsAProcessWithoutAkka =
      noClasses()
          .that()
          .resideInAPackage("tandem.robot.guard..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "akka..",
              "scala..",
              "com.typesafe..",
              "tandem.twin..",
              "tandem.sim..",
              "tandem.cloud..")
          .because("the reflex must not wait for the brain, nor die with it");

  @ArchTest
  static final ArchRule demoRobotKnowsNoTwin =
      noClasses()
          .that()
          .resideInAPackage("tandem.sim.robot..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("tandem.twin..", "tandem.robot..", "tandem.cloud..", "akka..")
          .because("the demo robot is an ordinary ROS 2 peer");

  @ArchTest
  static final ArchRule gatewaysDoNotKnowEachOther =
      noClasses()
          .that()
          .resideInAPackage("tandem.sim..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("tandem.robot..", "tandem.cloud..")
          .because("nothing in a dream can command a robot");

  @ArchTest
  static final ArchRule robotGatewayDoesNotKnowSimulators =
      noClasses()
          .that()
          .resideInAPackage("tandem.robot..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("tandem.sim..", "tandem.cloud..", "tandem.deploy..")
          .because("a robot is a robot whoever is at its other end");

  @ArchTest
  static final ArchRule cloudGatewayAsksTheTwinOnly =
      noClasses()
          .that()
          .resideInAPackage("tandem.cloud..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "tandem.zenoh..",
              "tandem.ros2..",
              "tandem.robot..",
              "tandem.sim..",
              "tandem.deploy..")
          .because("eyes and voice do not decide: they ask the twin");

  @ArchTest
  static final ArchRule nobodyKnowsDeploy =
      noClasses()
          .that()
          .resideOutsideOfPackage("tandem.deploy..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("tandem.deploy..")
          .because("the skeleton contains no rule that an organ could need");

  @ArchTest
  static final ArchRule decisionsKnowNoClockAndNoAkka =
      noClasses()
          .that()
          .haveNameMatching(
              "tandem\\.(twin\\.robot\\.(TwinCore|TwinFold|TwinState|Permit)|robot\\.guard\\.(GuardCore|GuardState|MotionPlan))(\\$.*)?")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("akka..", "java.nio.file..", "java.net..", "java.sql..")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.time.Clock")
          .because("the audit and the seeded simulation run the same decide");

  @ArchTest
  static final ArchRule packagesFormNoCycles =
      slices().matching("tandem.(*).(**)").should().beFreeOfCycles();
}
