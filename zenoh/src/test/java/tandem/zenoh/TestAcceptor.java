package tandem.zenoh;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.util.List;
import tandem.zenoh.wire.TransportCodec;
import tandem.zenoh.wire.TransportMessage;
import tandem.zenoh.wire.TransportMessage.Init;
import tandem.zenoh.wire.TransportMessage.Open;
import tandem.zenoh.wire.WireReader;
import tandem.zenoh.wire.WireWriter;
import tandem.zenoh.wire.Zid;

/** The accepting side in a few lines, for sessions whose other end shall then do nothing. */
final class TestAcceptor {
  private TestAcceptor() {}

  static void handshake(Socket socket) throws IOException {
    var in = new DataInputStream(socket.getInputStream());
    read(in);
    write(
        socket,
        new Init(true, 9, 0, Zid.random(), 0x0A, 65_535, new byte[] {1, 2, 3, 4}, List.of()));
    read(in);
    write(socket, new Open(true, 60_000, 5, null, List.of()));
  }

  private static TransportMessage read(DataInputStream in) throws IOException {
    int low = in.readUnsignedByte();
    var bytes = new byte[low | in.readUnsignedByte() << 8];
    in.readFully(bytes);
    return TransportCodec.read(WireReader.of(bytes));
  }

  private static void write(Socket socket, TransportMessage message) throws IOException {
    var out = new WireWriter();
    TransportCodec.write(out, message);
    var framed = new WireWriter().u8(out.size()).u8(out.size() >>> 8).raw(out.toBytes());
    socket.getOutputStream().write(framed.toBytes());
    socket.getOutputStream().flush();
  }
}
