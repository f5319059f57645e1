/**
 * The MuJoCo 4.0.0 physics engine through {@code java.lang.foreign}.
 *
 * <p>Start at {@link tandem.sim.engine.Engine}: it finds the library, checks its version and loads
 * models. An {@link tandem.sim.engine.EngineModel} is read-only and may be shared by threads; an
 * {@link tandem.sim.engine.EngineData} is one simulation and belongs to one thread at a time.
 * {@code Mujoco} holds the typed downcalls and nothing else.
 *
 * <p>Units are SI: m, kg, s, N, N m, rad. Quaternions of the engine are w, x, y, z. No struct
 * offset is used: sizes come from {@code mj_stateSize}, readings from sensors by name.
 *
 * <p>An error inside the engine would end the JVM by default; here it becomes an {@link
 * tandem.sim.engine.EngineException}, after which the simulation concerned is not used again.
 */
package tandem.sim.engine;
