package tandem.sim.robot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import tandem.ros2.cdr.Float64s;
import tandem.ros2.msg.BoolMessage;
import tandem.ros2.msg.Header;
import tandem.ros2.msg.JointTrajectory;
import tandem.ros2.msg.JointTrajectoryPoint;
import tandem.ros2.msg.Point;
import tandem.ros2.msg.Pose;
import tandem.ros2.msg.PoseStamped;
import tandem.ros2.msg.Quaternion;
import tandem.ros2.msg.RosDuration;
import tandem.ros2.msg.StringMessage;
import tandem.ros2.msg.Time;
import tandem.ros2.msg.Twist;
import tandem.ros2.msg.TwistStamped;
import tandem.ros2.msg.Vector3;
import tandem.sim.control.Command;
import tandem.sim.robot.Inbox.Entry;

class InboxTest {
  private static final long NOW = 1_700_000_000_000_000_000L;
  private final Inbox inbox = new Inbox(() -> NOW);

  private static byte[] trajectory(long stampNanos) {
    return JointTrajectory.TYPE.encode(
        new JointTrajectory(
            new Header(Time.ofNanos(stampNanos), ""),
            List.of("left_elbow"),
            List.of(
                new JointTrajectoryPoint(
                    Float64s.of(0.7),
                    Float64s.of(0.0),
                    Float64s.EMPTY,
                    Float64s.EMPTY,
                    new RosDuration(1, 500_000_000)))));
  }

  @Test
  void shouldUnderstandATrajectoryAndItsStamp() {
    inbox.receive(Entry.JOINT_TRAJECTORY, trajectory(0));
    inbox.receive(Entry.JOINT_TRAJECTORY, trajectory(NOW - 20_000_000));
    inbox.receive(Entry.JOINT_TRAJECTORY, trajectory(NOW + 2_000_000_000L));
    inbox.receive(Entry.JOINT_TRAJECTORY, trajectory(NOW - 9_000_000_000L));

    var delays = new double[4];
    for (int i = 0; i < 4; i++) {
      var command = (Command.Trajectory) inbox.poll();
      assertThat(command.joints()).containsExactly("left_elbow");
      assertThat(command.points().getFirst().atSeconds()).isEqualTo(1.5);
      assertThat(command.points().getFirst().positionsRad()).containsExactly(0.7);
      delays[i] = command.delaySeconds();
    }
    assertThat(delays).containsExactly(new double[] {0, 0, 2, -9}, offset(1e-9));
    assertThat(inbox.poll()).isNull();
  }

  private static byte[] velocity(long stampNanos) {
    return TwistStamped.TYPE.encode(
        new TwistStamped(
            new Header(Time.ofNanos(stampNanos), "base_link"),
            new Twist(new Vector3(0.2, 0, 0), new Vector3(0, 0, 0))));
  }

  @Test
  void shouldRefuseAVelocityThatWasHeldUpOnItsWay() {
    inbox.receive(Entry.CMD_VEL, velocity(NOW - 700_000_000));
    assertThat(inbox.poll()).isNull();
    assertThat(inbox.pollRefusal()).contains("header.stamp", "0.7 s");
    inbox.receive(Entry.CMD_VEL, velocity(NOW - 200_000_000));
    assertThat(inbox.poll()).isInstanceOf(Command.Velocity.class);
    inbox.receive(Entry.CMD_VEL, velocity(0));
    assertThat(inbox.poll()).as("no stamp says nothing").isInstanceOf(Command.Velocity.class);
  }

  @Test
  void shouldTakeAZeroQuaternionAsAnyOrientation() {
    var pose = new Pose(new Point(0.3, 0.2, 0.1), new Quaternion(0, 0, 0, 0));
    inbox.receive(
        Entry.REACH_LEFT,
        PoseStamped.TYPE.encode(new PoseStamped(new Header(Time.ZERO, "base_link"), pose)));

    var reach = (Command.Reach) inbox.poll();
    assertThat(reach.hand()).isEqualTo(Command.Hand.LEFT);
    assertThat(reach.orientation()).isEmpty();
  }

  @Test
  void shouldLetAStopPastEverythingThatWaits() {
    byte[] stance = StringMessage.TYPE.encode(new StringMessage("squat"));
    for (int i = 0; i < 100; i++) inbox.receive(Entry.STANCE, stance);
    inbox.receive(Entry.STOP, BoolMessage.TYPE.encode(new BoolMessage(true)));

    assertThat(inbox.poll()).isEqualTo(new Command.Stop(true));
    assertThat(inbox.poll()).isEqualTo(new Command.Stance("squat"));
    assertThat(inbox.pollRefusal()).contains("stance: 32 commands wait already; nothing moved");
  }

  @Test
  void shouldKeepTheNewestStopWhenThereAreTooMany() {
    byte[] hold = BoolMessage.TYPE.encode(new BoolMessage(true));
    for (int i = 0; i < 100; i++) inbox.receive(Entry.STOP, hold);
    inbox.receive(Entry.STOP, BoolMessage.TYPE.encode(new BoolMessage(false)));

    Command last = null;
    for (Command c = inbox.poll(); c != null; c = inbox.poll()) last = c;
    assertThat(last).isEqualTo(new Command.Stop(false));
  }

  @Test
  void shouldRefuseEveryTruncationAndSayWhichTopic() {
    byte[] whole = trajectory(0);
    for (int length = 0; length < whole.length; length++) {
      inbox.receive(Entry.JOINT_TRAJECTORY, Arrays.copyOf(whole, length));
      assertThat(inbox.poll()).as("cut to %d of %d bytes", length, whole.length).isNull();
      assertThat(inbox.pollRefusal()).startsWith("joint_trajectory: ").endsWith("nothing moved");
    }
    assertThat(inbox.undecodable()).isEqualTo(whole.length);
  }

  @Property(tries = 500)
  void shouldSurviveAnyBytesOnAnyTopic(@ForAll byte[] noise, @ForAll Entry entry) {
    var inbox = new Inbox(() -> NOW); // of this try alone: what an earlier one left is not its
    inbox.receive(entry, noise);

    assertThat(inbox.poll() == null || inbox.pollRefusal() == null).isTrue();
  }
}
