package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;
import tandem.ros2.cdr.Float32s;

/**
 * {@code sensor_msgs/msg/BatteryState}: V, Celsius, A (negative when discharging), Ah; percentage
 * 0..1; unmeasured is NaN.
 */
public record BatteryState(
    Header header,
    float voltage,
    float temperature,
    float current,
    float charge,
    float capacity,
    float designCapacity,
    float percentage,
    int powerSupplyStatus,
    int powerSupplyHealth,
    int powerSupplyTechnology,
    boolean present,
    Float32s cellVoltage,
    Float32s cellTemperature,
    String location,
    String serialNumber) {
  public static final MessageType<BatteryState> TYPE =
      new MessageType<>(
          "sensor_msgs/msg/BatteryState", BatteryState::read, (out, message) -> message.write(out));
  public static final int STATUS_CHARGING = 1;
  public static final int STATUS_DISCHARGING = 2;
  public static final int STATUS_FULL = 4;
  public static final int HEALTH_GOOD = 1;
  public static final int TECHNOLOGY_LION = 2;

  static BatteryState read(CdrReader in) {
    return new BatteryState(
        Header.nested(in, "header"),
        in.float32("voltage"),
        in.float32("temperature"),
        in.float32("current"),
        in.float32("charge"),
        in.float32("capacity"),
        in.float32("design_capacity"),
        in.float32("percentage"),
        in.uint8("power_supply_status"),
        in.uint8("power_supply_health"),
        in.uint8("power_supply_technology"),
        in.bool("present"),
        in.float32s("cell_voltage"),
        in.float32s("cell_temperature"),
        in.string("location"),
        in.string("serial_number"));
  }

  void write(CdrWriter out) {
    header.write(out);
    out.float32(voltage);
    out.float32(temperature);
    out.float32(current);
    out.float32(charge);
    out.float32(capacity);
    out.float32(designCapacity);
    out.float32(percentage);
    out.int8(powerSupplyStatus);
    out.int8(powerSupplyHealth);
    out.int8(powerSupplyTechnology);
    out.bool(present);
    out.float32s(cellVoltage);
    out.float32s(cellTemperature);
    out.string(location);
    out.string(serialNumber);
  }
}
