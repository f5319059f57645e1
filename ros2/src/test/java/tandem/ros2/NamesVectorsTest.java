package tandem.ros2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import tandem.ros2.graph.LivelinessToken;

class NamesVectorsTest {
  private final JsonNode vectors = Vectors.all();

  @Test
  void shouldReadAndWriteEveryTokenOfTheVectors() {
    for (JsonNode token : vectors.get("liveliness_tokens")) {
      assertThat(LivelinessToken.parse(token.asText()).key()).isEqualTo(token.asText());
    }
  }

  @Test
  void shouldDeriveTheGidsOfTheVectors() {
    for (JsonNode example : vectors.get("gid_examples")) {
      assertThat(Gid.ofToken(example.get("token").asText()))
          .hasToString(example.get("gid").asText());
    }
  }

  @Test
  void shouldReadAndWriteKeyAndAttachmentOfEveryLiveSample() {
    for (JsonNode sample : vectors.get("live_samples")) {
      byte[] bytes = Vectors.hex(sample.get("attachment"));
      JsonNode decoded = sample.get("attachment_decoded");

      Attachment attachment = Attachment.parse(bytes);

      assertThat(attachment.sequence()).isEqualTo(decoded.get("sequence").asLong());
      assertThat(attachment.sourceTimeNanos())
          .isEqualTo(decoded.get("source_timestamp_ns").asLong());
      assertThat(attachment.gid()).hasToString(decoded.get("gid").asText());
      assertThat(attachment.toBytes()).isEqualTo(bytes);
      assertThat(TopicKey.parse(sample.get("key").asText()).key())
          .isEqualTo(sample.get("key").asText());
    }
  }

  @Test
  void shouldReadAndWriteTheAttachmentsOfTheServiceCall() {
    JsonNode call = vectors.get("service_call");
    byte[] request = Vectors.hex(call.get("request_attachment"));
    byte[] reply = Vectors.hex(call.get("replies").get(0).get("attachment"));

    assertThat(Attachment.parse(request).toBytes()).isEqualTo(request);
    assertThat(Attachment.parse(reply).gid()).isEqualTo(Attachment.parse(request).gid());
    assertThat(Attachment.parse(reply).sequence()).isEqualTo(Attachment.parse(request).sequence());
  }

  @Test
  void shouldSplitAKeyIntoItsParts() {
    TopicKey key =
        TopicKey.parse("0/robot1/joint_states/sensor_msgs::msg::dds_::JointState_/RIHS01_a13e");

    assertThat(key.domain()).isZero();
    assertThat(key.name()).isEqualTo("/robot1/joint_states");
    assertThat(key.type()).contains(TypeName.parse("sensor_msgs/msg/JointState"));
    assertThat(key.hash().known()).isFalse();
    assertThat(key.service()).isFalse();
    assertThat(key.anyHash())
        .isEqualTo("0/robot1/joint_states/sensor_msgs::msg::dds_::JointState_/*");
  }

  @Test
  void shouldSayWhichPartOfAKeyIsWrong() {
    assertThatThrownBy(() -> TopicKey.parse("zero/a/b/c")).hasMessageContaining("domain");
    assertThatThrownBy(() -> TopicKey.parse("0/chatter"))
        .hasMessageContaining("<domain>/<name>/<type>/<hash>");
    assertThatThrownBy(() -> TopicKey.resolve("/ada", "no spaces"))
        .hasMessageContaining("ROS name");
  }

  @Test
  void shouldResolveNamesLikeANode() {
    assertThat(TopicKey.resolve("/ada", "joint_states")).isEqualTo("/ada/joint_states");
    assertThat(TopicKey.resolve("/", "joint_states")).isEqualTo("/joint_states");
    assertThat(TopicKey.resolve("/ada", "/tf")).isEqualTo("/tf");
  }

  @Test
  void shouldNameTheCauseOfAnOldAttachment() {
    byte[] old = new byte[80];
    byte[] name = "\u000fsequence_number".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    System.arraycopy(name, 0, old, 0, name.length);

    assertThatThrownBy(() -> Attachment.parse(old)).hasMessageContaining("rmw_zenoh before 0.6");
    assertThatThrownBy(() -> Attachment.parse(null)).hasMessageContaining("found none");
    assertThatThrownBy(() -> Attachment.parse(new byte[12])).hasMessageContaining("found 12");
    assertThatThrownBy(() -> Attachment.parse(new byte[33])).hasMessageContaining("at byte 16");
  }

  @Test
  void shouldTreatPartsOfActionsAsServicesExceptFeedback() {
    String start = "0/arm/_action/x/control_msgs::action::dds_::FollowJointTrajectory_";
    assertThat(TopicKey.parse(start + "SendGoal_/h").service()).isTrue();
    assertThat(TopicKey.parse(start + "FeedbackMessage_/h").service()).isFalse();
  }
}
