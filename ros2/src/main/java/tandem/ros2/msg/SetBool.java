package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code std_srvs/srv/SetBool}. */
public final class SetBool {
  public static final ServiceType<Request, Response> TYPE =
      ServiceType.of("std_srvs/srv/SetBool", Request.TYPE, Response.TYPE);

  private SetBool() {}

  /** What shall be. */
  public record Request(boolean data) {
    static final MessageType<Request> TYPE =
        new MessageType<>(
            "std_srvs/srv/SetBool_Request", Request::read, (out, message) -> message.write(out));

    private static Request read(CdrReader in) {
      return new Request(in.bool("data"));
    }

    private void write(CdrWriter out) {
      out.bool(data);
    }
  }

  /** Whether it is so, and why not. */
  public record Response(boolean success, String message) {
    static final MessageType<Response> TYPE =
        new MessageType<>(
            "std_srvs/srv/SetBool_Response", Response::read, (out, message) -> message.write(out));

    private static Response read(CdrReader in) {
      return new Response(in.bool("success"), in.string("message"));
    }

    private void write(CdrWriter out) {
      out.bool(success);
      out.string(message);
    }
  }
}
