package tandem.proto.body;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/**
 * Reads the kinematic part of a URDF: links, joints, origins, axes, limits, mimics. Visuals,
 * inertias and extensions are passed over. Document types and external entities are refused.
 */
public final class Urdf {
  /** More is refused before parsing. */
  public static final int MAX_CHARACTERS = 4 << 20;

  private static final int MAX_LINKS = 4096;

  private Urdf() {}

  /**
   * @throws IllegalArgumentException naming element and attribute of a malformed description
   */
  public static Body parse(String xml) {
    if (xml.length() > MAX_CHARACTERS)
      throw new IllegalArgumentException(
          "URDF: expected at most %d characters, found %d".formatted(MAX_CHARACTERS, xml.length()));
    var robot = document(xml);
    if (!robot.getTagName().equals("robot"))
      throw new IllegalArgumentException(
          "URDF: expected <robot>, found <%s>".formatted(robot.getTagName()));
    var links = new LinkedHashSet<String>();
    for (var link : children(robot, "link")) {
      if (!links.add(required(link, "name", "link")))
        throw new IllegalArgumentException(
            "URDF: link '%s' stands twice".formatted(link.getAttribute("name")));
    }
    if (links.size() > MAX_LINKS)
      throw new IllegalArgumentException(
          "URDF: expected at most %d links, found %d".formatted(MAX_LINKS, links.size()));
    var joints = new ArrayList<Joint>();
    for (var element : children(robot, "joint")) joints.add(joint(element, links));
    var roots = new HashSet<>(links);
    joints.forEach(joint -> roots.remove(joint.child()));
    if (roots.size() != 1)
      throw new IllegalArgumentException(
          "URDF: expected one root link, found %d: %s"
              .formatted(roots.size(), roots.stream().sorted().limit(5).toList()));
    var tandem = child(robot, "tandem");
    return new Body(
        robot.getAttribute("name"),
        roots.iterator().next(),
        tandem == null ? "" : tandem.getAttribute("assistance"),
        joints);
  }

  private static Joint joint(Element element, LinkedHashSet<String> links) {
    String name = required(element, "name", "joint");
    String where = "joint '" + name + "'";
    String type = required(element, "type", where);
    var kind =
        switch (type) {
          case "revolute" -> Joint.Type.REVOLUTE;
          case "continuous" -> Joint.Type.CONTINUOUS;
          case "prismatic" -> Joint.Type.PRISMATIC;
          case "fixed" -> Joint.Type.FIXED;
          default ->
              throw new IllegalArgumentException(
                  "URDF: %s: expected type revolute, continuous, prismatic or fixed, found '%s'"
                      .formatted(where, type));
        };
    String parent = link(element, "parent", where, links);
    String child = link(element, "child", where, links);
    var axis = axis(child(element, "axis"), where);
    return new Joint(
        name,
        kind,
        parent,
        child,
        origin(child(element, "origin"), where),
        axis[0],
        axis[1],
        axis[2],
        limit(child(element, "limit"), kind, where),
        mimic(child(element, "mimic"), where));
  }

  private static String link(
      Element joint, String role, String where, LinkedHashSet<String> links) {
    var element = child(joint, role);
    if (element == null)
      throw new IllegalArgumentException("URDF: %s has no <%s>".formatted(where, role));
    String link = required(element, "link", where);
    if (!links.contains(link))
      throw new IllegalArgumentException(
          "URDF: %s: %s link '%s' is not described".formatted(where, role, link));
    return link;
  }

  private static Pose origin(Element element, String where) {
    if (element == null) return Pose.IDENTITY;
    double[] xyz = triple(element, "xyz", where);
    double[] rpy = triple(element, "rpy", where);
    return Pose.ofRpy(xyz[0], xyz[1], xyz[2], rpy[0], rpy[1], rpy[2]);
  }

  private static double[] axis(Element element, String where) {
    if (element == null) return new double[] {1, 0, 0};
    double[] axis = triple(element, "xyz", where);
    double length = Math.sqrt(axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2]);
    if (length < 1e-9)
      throw new IllegalArgumentException("URDF: %s: axis has no length".formatted(where));
    return new double[] {axis[0] / length, axis[1] / length, axis[2] / length};
  }

  private static Joint.Limit limit(Element element, Joint.Type kind, String where) {
    if (element == null || kind == Joint.Type.FIXED) return null;
    boolean endless = kind == Joint.Type.CONTINUOUS;
    double lower = endless ? Double.NEGATIVE_INFINITY : number(element, "lower", 0, where);
    double upper = endless ? Double.POSITIVE_INFINITY : number(element, "upper", 0, where);
    if (lower > upper)
      throw new IllegalArgumentException(
          "URDF: %s: limit lower %s is above upper %s".formatted(where, lower, upper));
    return new Joint.Limit(
        lower, upper, number(element, "velocity", 0, where), number(element, "effort", 0, where));
  }

  private static Joint.Mimic mimic(Element element, String where) {
    if (element == null) return null;
    return new Joint.Mimic(
        required(element, "joint", where),
        number(element, "multiplier", 1, where),
        number(element, "offset", 0, where));
  }

  private static double[] triple(Element element, String attribute, String where) {
    String text = element.getAttribute(attribute).strip();
    if (text.isEmpty()) return new double[3];
    String[] parts = text.split("\\s+");
    if (parts.length != 3)
      throw new IllegalArgumentException(
          "URDF: %s: %s: expected 3 numbers, found '%s'".formatted(where, attribute, text));
    var triple = new double[3];
    for (int i = 0; i < 3; i++) triple[i] = finite(parts[i], attribute, where);
    return triple;
  }

  private static double number(Element element, String attribute, double otherwise, String where) {
    String text = element.getAttribute(attribute).strip();
    return text.isEmpty() ? otherwise : finite(text, attribute, where);
  }

  private static double finite(String text, String attribute, String where) {
    try {
      double value = Double.parseDouble(text);
      if (Double.isFinite(value)) return value;
    } catch (NumberFormatException e) {
      // said below, with the place
    }
    throw new IllegalArgumentException(
        "URDF: %s: %s: expected a finite number, found '%s'".formatted(where, attribute, text));
  }

  private static String required(Element element, String attribute, String where) {
    String value = element.getAttribute(attribute);
    if (value.isEmpty())
      throw new IllegalArgumentException(
          "URDF: %s: <%s> has no %s".formatted(where, element.getTagName(), attribute));
    return value;
  }

  private static Element child(Element parent, String tag) {
    var all = children(parent, tag);
    return all.isEmpty() ? null : all.getFirst();
  }

  private static List<Element> children(Element parent, String tag) {
    var found = new ArrayList<Element>();
    for (var node = parent.getFirstChild(); node != null; node = node.getNextSibling())
      if (node instanceof Element element && element.getTagName().equals(tag)) found.add(element);
    return found;
  }

  private static Element document(String xml) {
    try {
      var factory = DocumentBuilderFactory.newInstance();
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
      factory.setXIncludeAware(false);
      factory.setExpandEntityReferences(false);
      var builder = factory.newDocumentBuilder();
      builder.setErrorHandler(null);
      return builder.parse(new InputSource(new StringReader(xml))).getDocumentElement();
    } catch (ParserConfigurationException | SAXException | java.io.IOException e) {
      throw new IllegalArgumentException("URDF: not well-formed: " + e.getMessage(), e);
    }
  }
}
