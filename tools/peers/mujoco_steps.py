"""Steps a MuJoCo model with given controls through MuJoCo's own Python API and writes the state after each step.

Usage: mujoco_steps.py MODEL.xml CONTROLS.bin STATES.bin
CONTROLS: doubles, native order, nu per step. STATES: doubles, full integration state per step.
"""
import sys

import mujoco
import numpy

model = mujoco.MjModel.from_xml_path(sys.argv[1])
controls = numpy.fromfile(sys.argv[2]).reshape(-1, model.nu)
data = mujoco.MjData(model)
signature = mujoco.mjtState.mjSTATE_INTEGRATION
state = numpy.empty(mujoco.mj_stateSize(model, signature))
with open(sys.argv[3], "wb") as out:
    for control in controls:
        data.ctrl[:] = control
        mujoco.mj_step(model, data)
        mujoco.mj_getState(model, data, state, signature)
        out.write(state.tobytes())
print(mujoco.mj_version())
