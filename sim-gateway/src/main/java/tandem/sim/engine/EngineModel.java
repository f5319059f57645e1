package tandem.sim.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A compiled model: bodies, joints, actuators, sensors. Read-only, so threads may share it. Closing
 * it while a simulation of it is open is refused.
 */
public final class EngineModel implements AutoCloseable {
  /** Kinds of named things (mjtObj). */
  public enum Kind {
    BODY(1),
    JOINT(3),
    GEOM(5),
    SITE(6),
    ACTUATOR(19),
    SENSOR(20);

    private final int code;

    Kind(int code) {
      this.code = code;
    }
  }

  private final Mujoco mujoco;
  private final String name;
  private final MemorySegment handle;
  private final AtomicInteger users = new AtomicInteger();
  private boolean closed;

  EngineModel(Mujoco mujoco, String name, MemorySegment handle) {
    this.mujoco = mujoco;
    this.name = name;
    this.handle = handle;
  }

  /** For messages. */
  public String name() {
    return name;
  }

  /** Count of doubles of a state field. */
  public int size(StateField field) {
    return mujoco.stateSize(handle(), field.signature());
  }

  /** Index of a named thing; empty if the model has none of that name. */
  public OptionalInt find(Kind kind, String thing) {
    try (var arena = Arena.ofConfined()) {
      int id = mujoco.nameToId(handle(), kind.code, arena.allocateFrom(thing));
      return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
    }
  }

  /** Index of a named thing; {@link EngineException} if the model has none of that name. */
  public int require(Kind kind, String thing) {
    return find(kind, thing)
        .orElseThrow(
            () ->
                new EngineException(
                    "model %s has no %s named %s; not simulated"
                        .formatted(name, kind.name().toLowerCase(java.util.Locale.ROOT), thing)));
  }

  /** A new simulation in the model's initial state; close it. */
  public EngineData newData() {
    MemorySegment data = mujoco.makeData(handle());
    if (data.address() == 0) throw new EngineException("no memory for a simulation of " + name);
    users.incrementAndGet();
    return new EngineData(mujoco, this, data);
  }

  MemorySegment handle() {
    if (closed) throw new IllegalStateException("model %s is closed".formatted(name));
    return handle;
  }

  void released() {
    users.decrementAndGet();
  }

  @Override
  public void close() {
    if (closed) return;
    if (users.get() > 0) {
      throw new IllegalStateException(
          "model %s: %d simulations still open; not closed".formatted(name, users.get()));
    }
    closed = true;
    mujoco.deleteModel(handle);
  }
}
