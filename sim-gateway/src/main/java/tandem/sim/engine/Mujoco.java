package tandem.sim.engine;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Typed downcalls into one loaded MuJoCo library (signatures of mujoco.h 4.0.0).
 *
 * <p>Pointers are bare {@link MemorySegment}s; who owns what is the business of {@link EngineModel}
 * and {@link EngineData}. The error hook is installed before any other call: the engine's own
 * handler would end the process. An error is kept for the thread that caused it and thrown by
 * {@link #check} after the call returns.
 */
final class Mujoco {
  private static final Logger LOG = LoggerFactory.getLogger(Mujoco.class);
  private static final int MAX_MESSAGE_BYTES = 4096;
  private static final AtomicLong ERRORS = new AtomicLong();
  private static final AtomicLong WARNINGS = new AtomicLong();
  private static final Map<Long, String> ERROR_OF_THREAD = new ConcurrentHashMap<>();

  private final MethodHandle version;
  private final MethodHandle loadXml;
  private final MethodHandle parseXmlString;
  private final MethodHandle compile;
  private final MethodHandle specError;
  private final MethodHandle deleteSpec;
  private final MethodHandle deleteModel;
  private final MethodHandle makeData;
  private final MethodHandle deleteData;
  private final MethodHandle resetData;
  private final MethodHandle step;
  private final MethodHandle step1;
  private final MethodHandle step2;
  private final MethodHandle forward;
  private final MethodHandle stateSize;
  private final MethodHandle getState;
  private final MethodHandle setState;
  private final MethodHandle copyState;
  private final MethodHandle nameToId;
  private final MethodHandle readSensor;
  private final MethodHandle multiRay;
  private final MethodHandle rne;
  private final MethodHandle jacSite;

  Mujoco(Path library) {
    Linker linker = Linker.nativeLinker();
    SymbolLookup symbols = SymbolLookup.libraryLookup(library, Arena.global());
    installHook(linker, symbols, "mju_user_error", "onError");
    installHook(linker, symbols, "mju_user_warning", "onWarning");
    var bind = new Binder(linker, symbols);
    version = bind.of("mj_version", JAVA_INT);
    loadXml = bind.of("mj_loadXML", ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_INT);
    parseXmlString = bind.of("mj_parseXMLString", ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_INT);
    compile = bind.of("mj_compile", ADDRESS, ADDRESS, ADDRESS);
    specError = bind.of("mjs_getError", ADDRESS, ADDRESS);
    deleteSpec = bind.of("mj_deleteSpec", null, ADDRESS);
    deleteModel = bind.of("mj_deleteModel", null, ADDRESS);
    makeData = bind.of("mj_makeData", ADDRESS, ADDRESS);
    deleteData = bind.of("mj_deleteData", null, ADDRESS);
    resetData = bind.of("mj_resetData", null, ADDRESS, ADDRESS);
    step = bind.of("mj_step", null, ADDRESS, ADDRESS);
    step1 = bind.of("mj_step1", null, ADDRESS, ADDRESS);
    step2 = bind.of("mj_step2", null, ADDRESS, ADDRESS);
    forward = bind.of("mj_forward", null, ADDRESS, ADDRESS);
    stateSize = bind.of("mj_stateSize", JAVA_INT, ADDRESS, JAVA_INT);
    getState = bind.of("mj_getState", null, ADDRESS, ADDRESS, ADDRESS, JAVA_INT);
    setState = bind.of("mj_setState", null, ADDRESS, ADDRESS, ADDRESS, JAVA_INT);
    copyState = bind.of("mj_copyState", null, ADDRESS, ADDRESS, ADDRESS, JAVA_INT);
    nameToId = bind.of("mj_name2id", JAVA_INT, ADDRESS, JAVA_INT, ADDRESS);
    readSensor =
        bind.of(
            "mj_readSensor", ADDRESS, ADDRESS, ADDRESS, JAVA_INT, JAVA_DOUBLE, ADDRESS, JAVA_INT);
    multiRay =
        bind.of(
            "mj_multiRay",
            null,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            JAVA_BOOLEAN,
            JAVA_INT,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            JAVA_INT,
            JAVA_DOUBLE);
    rne = bind.of("mj_rne", null, ADDRESS, ADDRESS, JAVA_INT, ADDRESS);
    jacSite = bind.of("mj_jacSite", null, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_INT);
  }

  private record Binder(Linker linker, SymbolLookup symbols) {
    MethodHandle of(String name, MemoryLayout result, MemoryLayout... arguments) {
      var descriptor =
          result == null
              ? FunctionDescriptor.ofVoid(arguments)
              : FunctionDescriptor.of(result, arguments);
      return linker.downcallHandle(symbols.findOrThrow(name), descriptor);
    }
  }

  private static void installHook(
      Linker linker, SymbolLookup symbols, String variable, String method) {
    try {
      MethodHandle target =
          MethodHandles.lookup()
              .findStatic(
                  Mujoco.class, method, MethodType.methodType(void.class, MemorySegment.class));
      MemorySegment stub =
          linker.upcallStub(target, FunctionDescriptor.ofVoid(ADDRESS), Arena.global());
      symbols.findOrThrow(variable).reinterpret(ADDRESS.byteSize()).set(ADDRESS, 0, stub);
    } catch (ReflectiveOperationException e) {
      throw new EngineException(
          "engine hook %s not installed; nothing loaded".formatted(variable), e);
    }
  }

  /** Called by the engine; must not throw, because an exception here ends the JVM. */
  private static void onError(MemorySegment message) {
    ERROR_OF_THREAD.put(Thread.currentThread().threadId(), text(message));
    ERRORS.incrementAndGet();
  }

  /** Called by the engine; must not throw. */
  private static void onWarning(MemorySegment message) {
    if (WARNINGS.getAndIncrement() < 100) LOG.warn("engine: {}", text(message));
  }

  static long warnings() {
    return WARNINGS.get();
  }

  private static String text(MemorySegment message) {
    if (message.address() == 0) return "";
    MemorySegment bounded = message.reinterpret(MAX_MESSAGE_BYTES);
    var text = new StringBuilder();
    for (int i = 0; i < MAX_MESSAGE_BYTES; i++) {
      byte b = bounded.get(java.lang.foreign.ValueLayout.JAVA_BYTE, i);
      if (b == 0) break;
      text.append((char) (b & 0xff));
    }
    return text.toString();
  }

  /** Throws what the engine complained about on this thread since the last call, if anything. */
  static void check(String what) {
    if (ERRORS.get() == 0) return;
    String error = ERROR_OF_THREAD.remove(Thread.currentThread().threadId());
    if (error != null) {
      throw new EngineException(
          "engine: %s: %s; this simulation is not used again".formatted(what, error));
    }
  }

  private static RuntimeException unexpected(String function, Throwable cause) {
    if (cause instanceof Error error) throw error;
    return new EngineException("engine call " + function + " failed", cause);
  }

  int version() {
    try {
      return (int) version.invokeExact();
    } catch (Throwable t) {
      throw unexpected("mj_version", t);
    }
  }

  MemorySegment loadXml(MemorySegment file, MemorySegment error, int errorBytes) {
    try {
      return (MemorySegment) loadXml.invokeExact(file, MemorySegment.NULL, error, errorBytes);
    } catch (Throwable t) {
      throw unexpected("mj_loadXML", t);
    }
  }

  MemorySegment parseXmlString(MemorySegment xml, MemorySegment error, int errorBytes) {
    try {
      return (MemorySegment) parseXmlString.invokeExact(xml, MemorySegment.NULL, error, errorBytes);
    } catch (Throwable t) {
      throw unexpected("mj_parseXMLString", t);
    }
  }

  MemorySegment compile(MemorySegment spec) {
    try {
      return (MemorySegment) compile.invokeExact(spec, MemorySegment.NULL);
    } catch (Throwable t) {
      throw unexpected("mj_compile", t);
    }
  }

  String specError(MemorySegment spec) {
    try {
      return text((MemorySegment) specError.invokeExact(spec));
    } catch (Throwable t) {
      throw unexpected("mjs_getError", t);
    }
  }

  void deleteSpec(MemorySegment spec) {
    try {
      deleteSpec.invokeExact(spec);
    } catch (Throwable t) {
      throw unexpected("mj_deleteSpec", t);
    }
  }

  void deleteModel(MemorySegment model) {
    try {
      deleteModel.invokeExact(model);
    } catch (Throwable t) {
      throw unexpected("mj_deleteModel", t);
    }
  }

  MemorySegment makeData(MemorySegment model) {
    try {
      return (MemorySegment) makeData.invokeExact(model);
    } catch (Throwable t) {
      throw unexpected("mj_makeData", t);
    }
  }

  void deleteData(MemorySegment data) {
    try {
      deleteData.invokeExact(data);
    } catch (Throwable t) {
      throw unexpected("mj_deleteData", t);
    }
  }

  void resetData(MemorySegment model, MemorySegment data) {
    try {
      resetData.invokeExact(model, data);
    } catch (Throwable t) {
      throw unexpected("mj_resetData", t);
    }
  }

  void step(MemorySegment model, MemorySegment data) {
    try {
      step.invokeExact(model, data);
    } catch (Throwable t) {
      throw unexpected("mj_step", t);
    }
  }

  void step1(MemorySegment model, MemorySegment data) {
    try {
      step1.invokeExact(model, data);
    } catch (Throwable t) {
      throw unexpected("mj_step1", t);
    }
  }

  void step2(MemorySegment model, MemorySegment data) {
    try {
      step2.invokeExact(model, data);
    } catch (Throwable t) {
      throw unexpected("mj_step2", t);
    }
  }

  void forward(MemorySegment model, MemorySegment data) {
    try {
      forward.invokeExact(model, data);
    } catch (Throwable t) {
      throw unexpected("mj_forward", t);
    }
  }

  int stateSize(MemorySegment model, int signature) {
    try {
      return (int) stateSize.invokeExact(model, signature);
    } catch (Throwable t) {
      throw unexpected("mj_stateSize", t);
    }
  }

  void getState(MemorySegment model, MemorySegment data, MemorySegment state, int signature) {
    try {
      getState.invokeExact(model, data, state, signature);
    } catch (Throwable t) {
      throw unexpected("mj_getState", t);
    }
  }

  void setState(MemorySegment model, MemorySegment data, MemorySegment state, int signature) {
    try {
      setState.invokeExact(model, data, state, signature);
    } catch (Throwable t) {
      throw unexpected("mj_setState", t);
    }
  }

  void copyState(MemorySegment model, MemorySegment from, MemorySegment to, int signature) {
    try {
      copyState.invokeExact(model, from, to, signature);
    } catch (Throwable t) {
      throw unexpected("mj_copyState", t);
    }
  }

  int nameToId(MemorySegment model, int objectType, MemorySegment name) {
    try {
      return (int) nameToId.invokeExact(model, objectType, name);
    } catch (Throwable t) {
      throw unexpected("mj_name2id", t);
    }
  }

  MemorySegment readSensor(MemorySegment model, MemorySegment data, int sensor, double time) {
    try {
      return (MemorySegment)
          readSensor.invokeExact(model, data, sensor, time, MemorySegment.NULL, 0);
    } catch (Throwable t) {
      throw unexpected("mj_readSensor", t);
    }
  }

  void multiRay(
      MemorySegment model,
      MemorySegment data,
      MemorySegment origin,
      MemorySegment directions,
      MemorySegment groups,
      MemorySegment geoms,
      MemorySegment distances,
      MemorySegment normals,
      int rays,
      double cutoff) {
    try {
      multiRay.invokeExact(
          model,
          data,
          origin,
          directions,
          groups,
          true,
          -1,
          geoms,
          distances,
          normals,
          rays,
          cutoff);
    } catch (Throwable t) {
      throw unexpected("mj_multiRay", t);
    }
  }

  void rne(MemorySegment model, MemorySegment data, MemorySegment result) {
    try {
      rne.invokeExact(model, data, 0, result);
    } catch (Throwable t) {
      throw unexpected("mj_rne", t);
    }
  }

  void jacSite(MemorySegment model, MemorySegment data, MemorySegment position, int site) {
    try {
      jacSite.invokeExact(model, data, position, MemorySegment.NULL, site);
    } catch (Throwable t) {
      throw unexpected("mj_jacSite", t);
    }
  }
}
