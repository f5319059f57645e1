package tandem.proto.body;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A tree of links and joints with one root. */
public final class Body {
  private final String name;
  private final String root;
  private final String assistance;
  private final List<Joint> joints;
  private final Map<String, Joint> byName = new HashMap<>();
  private final Map<String, Joint> byChild = new HashMap<>();

  /**
   * @param joints in the description's order; their parents and children are the links
   * @throws IllegalArgumentException when a name stands twice, a link has two parents, or there is
   *     not exactly one root
   */
  Body(String name, String root, String assistance, List<Joint> joints) {
    this.assistance = assistance;
    this.name = name;
    this.root = root;
    this.joints = List.copyOf(joints);
    for (var joint : joints) {
      if (byName.put(joint.name(), joint) != null)
        throw new IllegalArgumentException("URDF: joint '%s' stands twice".formatted(joint.name()));
      if (byChild.put(joint.child(), joint) != null)
        throw new IllegalArgumentException(
            "URDF: link '%s' has two parents".formatted(joint.child()));
    }
    for (var joint : joints) {
      chain(joint.child());
      if (joint.mimic() != null && !byName.containsKey(joint.mimic().joint()))
        throw new IllegalArgumentException(
            "URDF: joint '%s' mimics unknown joint '%s'"
                .formatted(joint.name(), joint.mimic().joint()));
    }
  }

  public String name() {
    return name;
  }

  /**
   * What carries this body that a real one would not have, for people; empty: nothing. Our own
   * element of a description: {@code <tandem assistance="..."/>}.
   */
  public String assistance() {
    return assistance;
  }

  /** The base: the link without a parent. */
  public String root() {
    return root;
  }

  public List<Joint> joints() {
    return joints;
  }

  /** Null where there is none of that name. */
  public Joint joint(String jointName) {
    return byName.get(jointName);
  }

  public boolean hasLink(String link) {
    return root.equals(link) || byChild.containsKey(link);
  }

  /**
   * Joints from the root to a link, root first.
   *
   * @throws IllegalArgumentException for an unknown link
   */
  public List<Joint> chain(String link) {
    if (!hasLink(link))
      throw new IllegalArgumentException("body '%s' has no link '%s'".formatted(name, link));
    var chain = new ArrayList<Joint>();
    for (var joint = byChild.get(link); joint != null; joint = byChild.get(joint.parent())) {
      chain.add(joint);
      if (chain.size() > joints.size())
        throw new IllegalArgumentException("URDF: link '%s' is its own ancestor".formatted(link));
    }
    Collections.reverse(chain);
    return chain;
  }

  /**
   * Pose of a link in the root's frame.
   *
   * @param positions by joint name; a joint that is not named stands at 0
   */
  public Pose pose(String link, Map<String, Double> positions) {
    var pose = Pose.IDENTITY;
    for (var joint : chain(link)) pose = pose.then(joint.at(position(joint, positions)));
    return pose;
  }

  double position(Joint joint, Map<String, Double> positions) {
    if (joint.mimic() == null) return positions.getOrDefault(joint.name(), 0.0);
    double followed = positions.getOrDefault(joint.mimic().joint(), 0.0);
    return joint.mimic().multiplier() * followed + joint.mimic().offset();
  }
}
