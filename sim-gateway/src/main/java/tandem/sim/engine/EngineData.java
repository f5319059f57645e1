package tandem.sim.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One simulation. Use it from one thread at a time; hand it over only with a happens-before edge.
 * After an {@link EngineException} of {@link #step}, {@link #step1} or {@link #step2} discard it.
 */
public final class EngineData implements AutoCloseable {
  private final Mujoco mujoco;
  private final EngineModel model;
  private final MemorySegment handle;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment scratch;
  private final MemorySegment forces;
  private final int dofs;
  private boolean closed;

  EngineData(Mujoco mujoco, EngineModel model, MemorySegment handle) {
    this.mujoco = mujoco;
    this.model = model;
    this.handle = handle;
    this.dofs = model.size(StateField.QVEL);
    this.scratch = arena.allocate(JAVA_DOUBLE, model.size(StateField.INTEGRATION));
    this.forces = arena.allocate(JAVA_DOUBLE, 3L * Math.max(1, dofs));
  }

  /** The model it simulates. */
  public EngineModel model() {
    return model;
  }

  /** One whole step. */
  public void step() {
    mujoco.step(model.handle(), handle());
    Mujoco.check("step");
  }

  /**
   * The first half of a step: everything that depends on position and velocity. Readings taken
   * between the halves, and those of the second half's accelerations, belong to the same instant.
   */
  public void step1() {
    mujoco.step1(model.handle(), handle());
    Mujoco.check("step1");
  }

  /** The second half: forces, accelerations, integration. */
  public void step2() {
    mujoco.step2(model.handle(), handle());
    Mujoco.check("step2");
  }

  /** All derived quantities of the present state, without moving it. */
  public void forward() {
    mujoco.forward(model.handle(), handle());
    Mujoco.check("forward");
  }

  /** Back to the model's initial state. */
  public void reset() {
    mujoco.resetData(model.handle(), handle());
    Mujoco.check("reset");
  }

  /** Reads a state field into {@code to}, which must have exactly its size. */
  public void get(StateField field, double[] to) {
    requireSize(field, to.length);
    mujoco.getState(model.handle(), handle(), scratch, field.signature());
    MemorySegment.copy(scratch, JAVA_DOUBLE, 0, to, 0, to.length);
  }

  /** A state field in a new array. */
  public double[] get(StateField field) {
    var values = new double[model.size(field)];
    get(field, values);
    return values;
  }

  /** Writes a state field; {@code from} must have exactly its size and is not kept. */
  public void set(StateField field, double[] from) {
    requireSize(field, from.length);
    MemorySegment.copy(from, 0, scratch, JAVA_DOUBLE, 0, from.length);
    mujoco.setState(model.handle(), handle(), scratch, field.signature());
    Mujoco.check("set " + field);
  }

  /** Copies a state field from another simulation of the same model. */
  public void copy(StateField field, EngineData from) {
    if (from.model != model) {
      throw new IllegalArgumentException(
          "state of model %s not copied into one of %s".formatted(from.model.name(), model.name()));
    }
    mujoco.copyState(model.handle(), from.handle(), handle(), field.signature());
    Mujoco.check("copy " + field);
  }

  /** Where a sensor's reading lies; stays valid and follows each step until this is closed. */
  public SensorView sensor(String name, int values) {
    int id = model.require(EngineModel.Kind.SENSOR, name);
    MemorySegment at = mujoco.readSensor(model.handle(), handle(), id, 0);
    Mujoco.check("sensor " + name);
    if (at.address() == 0) {
      throw new EngineException(
          "sensor %s of %s is read through a history; not supported".formatted(name, model.name()));
    }
    return new SensorView(
        name, values, at.reinterpret(values * JAVA_DOUBLE.byteSize(), arena, null));
  }

  /**
   * Generalised forces of gravity, Coriolis and centrifugal terms at the present state, N or N m
   * per degree of freedom; call between {@link #step1} and {@link #step2} or after {@link
   * #forward}.
   */
  public void biasForces(double[] to) {
    mujoco.rne(model.handle(), handle(), forces);
    MemorySegment.copy(forces, JAVA_DOUBLE, 0, to, 0, Math.min(to.length, dofs));
  }

  /** Translational Jacobian of a site in the world, 3 rows by degrees of freedom, row after row. */
  public void siteJacobian(int site, double[] to) {
    if (to.length != 3 * dofs) {
      throw new IllegalArgumentException(
          "Jacobian: expected %d doubles, found %d".formatted(3 * dofs, to.length));
    }
    mujoco.jacSite(model.handle(), handle(), forces, site);
    Mujoco.check("jacobian");
    MemorySegment.copy(forces, JAVA_DOUBLE, 0, to, 0, to.length);
  }

  /** Prepares rays that start from one point; the buffers are kept and used again. */
  public RayCaster rays(int count, double cutoffMetres, boolean... visibleGroups) {
    return new RayCaster(count, cutoffMetres, visibleGroups);
  }

  private void requireSize(StateField field, int length) {
    int expected = model.size(field);
    if (expected != length) {
      throw new IllegalArgumentException(
          "state %s of %s: expected %d doubles, found %d; nothing copied"
              .formatted(field, model.name(), expected, length));
    }
  }

  private MemorySegment handle() {
    if (closed)
      throw new IllegalStateException("simulation of %s is closed".formatted(model.name()));
    return handle;
  }

  @Override
  public void close() {
    if (closed) return;
    closed = true;
    mujoco.deleteData(handle);
    arena.close();
    model.released();
  }

  /** A window onto one sensor's newest reading. */
  public static final class SensorView {
    private final String name;
    private final int values;
    private final MemorySegment at;

    private SensorView(String name, int values, MemorySegment at) {
      this.name = name;
      this.values = values;
      this.at = at;
    }

    /** Reading {@code i}. */
    public double at(int i) {
      return at.getAtIndex(JAVA_DOUBLE, i);
    }

    /** All readings into the first places of {@code to}. */
    public void read(double[] to) {
      MemorySegment.copy(at, JAVA_DOUBLE, 0, to, 0, values);
    }

    /** The sensor's name. */
    public String name() {
      return name;
    }
  }

  /** Rays from one point in a batch; the state must be fresh ({@link #forward}). */
  public final class RayCaster {
    private final int count;
    private final double cutoff;
    private final MemorySegment origin = arena.allocate(JAVA_DOUBLE, 3);
    private final MemorySegment groups = arena.allocate(JAVA_BYTE, 6);
    private final MemorySegment directions;
    private final MemorySegment distances;
    private final MemorySegment normals;
    private final MemorySegment geoms;

    private RayCaster(int count, double cutoff, boolean[] visible) {
      this.count = count;
      this.cutoff = cutoff;
      for (int g = 0; g < 6; g++) {
        groups.set(JAVA_BYTE, g, (byte) (g < visible.length && !visible[g] ? 0 : 1));
      }
      directions = arena.allocate(JAVA_DOUBLE, 3L * count);
      distances = arena.allocate(JAVA_DOUBLE, count);
      normals = arena.allocate(JAVA_DOUBLE, 3L * count);
      geoms = arena.allocate(JAVA_INT, count);
    }

    /** Direction of ray {@code i} in the world; unit length, so that distances are metres. */
    public void direction(int i, double x, double y, double z) {
      directions.setAtIndex(JAVA_DOUBLE, 3L * i, x);
      directions.setAtIndex(JAVA_DOUBLE, 3L * i + 1, y);
      directions.setAtIndex(JAVA_DOUBLE, 3L * i + 2, z);
    }

    /** Casts all rays from a point in the world. */
    public void cast(double x, double y, double z) {
      origin.setAtIndex(JAVA_DOUBLE, 0, x);
      origin.setAtIndex(JAVA_DOUBLE, 1, y);
      origin.setAtIndex(JAVA_DOUBLE, 2, z);
      mujoco.multiRay(
          model.handle(),
          handle(),
          origin,
          directions,
          groups,
          geoms,
          distances,
          normals,
          count,
          cutoff);
      Mujoco.check("rays");
    }

    /** How many rays. */
    public int count() {
      return count;
    }

    /** Metres to the first hit of ray {@code i}; negative: none. */
    public double distance(int i) {
      return distances.getAtIndex(JAVA_DOUBLE, i);
    }

    /** Index of the geom that ray {@code i} hit; -1: none. */
    public int geom(int i) {
      return geoms.getAtIndex(JAVA_INT, i);
    }

    /** Cosine of the angle between ray {@code i} and the surface it hit, 0..1. */
    public double incidence(int i) {
      double dot = 0;
      for (int k = 0; k < 3; k++) {
        dot +=
            normals.getAtIndex(JAVA_DOUBLE, 3L * i + k)
                * directions.getAtIndex(JAVA_DOUBLE, 3L * i + k);
      }
      return Math.min(1, Math.abs(dot));
    }
  }
}
