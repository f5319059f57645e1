package tandem.twin.robot;

import java.util.concurrent.CompletionStage;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;

/**
 * The way from a twin to its robot's guard; implemented by {@code tandem.robot.outbound}. Never
 * blocks. The stage fails where the guard did not answer in time: then it is not known whether it
 * acted.
 */
public interface GuardPort {
  CompletionStage<GuardReply> request(GuardRequest request);
}
