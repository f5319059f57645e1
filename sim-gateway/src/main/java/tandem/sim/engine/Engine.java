package tandem.sim.engine;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The one MuJoCo library of this process.
 *
 * <p>The library is looked for, in this order: system property {@code tandem.mujoco}, environment
 * variable {@code TANDEM_MUJOCO} (each a file), then {@code .tandem/mujoco/libmujoco.so.4.0.0} in
 * the working directory and its parents. It comes from the PyPI package mujoco-core 4.0.0
 * (Apache-2.0) and needs only the C library. Thread-safe: loads are serialised.
 */
public final class Engine {
  /** The only version this binding was written for; state bits and signatures differ in others. */
  public static final int VERSION = 4_000_000;

  /** File name of the library. */
  public static final String LIBRARY_NAME = "libmujoco.so.4.0.0";

  private static final int ERROR_BYTES = 2048;
  private static Engine instance;

  private final Mujoco mujoco;
  private final Path library;

  private Engine(Path library) {
    this.library = library;
    this.mujoco = new Mujoco(library);
    int found = mujoco.version();
    if (found / 10_000 != VERSION / 10_000) {
      throw new EngineException(
          "engine %s: version: expected %d, found %d; not used".formatted(library, VERSION, found));
    }
  }

  /**
   * The process's engine, loaded on first use; {@link EngineException} says where it was sought.
   */
  public static synchronized Engine get() {
    if (instance == null) instance = new Engine(find().orElseThrow(Engine::absent));
    return instance;
  }

  /** The library's file, if there is one. */
  public static Optional<Path> find() {
    for (Path candidate : candidates())
      if (Files.isRegularFile(candidate)) return Optional.of(candidate);
    return Optional.empty();
  }

  /** Why there is no engine, in words for a person. */
  public static EngineException absent() {
    return new EngineException(
        "MuJoCo library not found; no simulation started. Looked for: %s. `./tandem build` fetches it (PyPI mujoco-core 4.0.0), or set TANDEM_MUJOCO to %s"
            .formatted(candidates(), LIBRARY_NAME));
  }

  private static List<Path> candidates() {
    var candidates = new ArrayList<Path>();
    String property = System.getProperty("tandem.mujoco");
    if (property != null && !property.isBlank()) candidates.add(Path.of(property).toAbsolutePath());
    String environment = System.getenv("TANDEM_MUJOCO");
    if (environment != null && !environment.isBlank()) {
      candidates.add(Path.of(environment).toAbsolutePath());
    }
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      candidates.add(at.resolve(".tandem").resolve("mujoco").resolve(LIBRARY_NAME));
    }
    return candidates;
  }

  /** The engine's own version number; written beside every recorded run. */
  public int version() {
    return mujoco.version();
  }

  /** The file it was loaded from. */
  public Path library() {
    return library;
  }

  /** Warnings of all simulations so far (as diverging accelerations). */
  public static long warnings() {
    return Mujoco.warnings();
  }

  /**
   * Compiles MJCF text; {@code name} is for messages. Throws {@link EngineException} with the
   * engine's own words.
   */
  public synchronized EngineModel compile(String name, String mjcf) {
    try (var arena = Arena.ofConfined()) {
      MemorySegment error = arena.allocate(ERROR_BYTES);
      MemorySegment spec = mujoco.parseXmlString(arena.allocateFrom(mjcf), error, ERROR_BYTES);
      if (spec.address() == 0) throw refused(name, error.getString(0));
      MemorySegment model = mujoco.compile(spec);
      String why = model.address() == 0 ? mujoco.specError(spec) : "";
      mujoco.deleteSpec(spec);
      if (model.address() == 0) throw refused(name, why);
      Mujoco.check("compile " + name);
      return new EngineModel(mujoco, name, model);
    }
  }

  /** Loads an MJCF file with what it includes. */
  public synchronized EngineModel load(Path file) throws IOException {
    if (!Files.isReadable(file))
      throw new IOException("model file %s is not readable".formatted(file));
    try (var arena = Arena.ofConfined()) {
      MemorySegment error = arena.allocate(ERROR_BYTES);
      MemorySegment model = mujoco.loadXml(arena.allocateFrom(file.toString()), error, ERROR_BYTES);
      if (model.address() == 0) throw refused(file.toString(), error.getString(0));
      Mujoco.check("load " + file);
      return new EngineModel(mujoco, file.toString(), model);
    }
  }

  private static EngineException refused(String name, String why) {
    return new EngineException("model %s not loaded: %s".formatted(name, why));
  }
}
