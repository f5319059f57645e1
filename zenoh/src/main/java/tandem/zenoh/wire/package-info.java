/**
 * Zenoh messages as records, and the codecs that turn them into bytes and back.
 *
 * <p>Start at {@link tandem.zenoh.wire.TransportMessage} (what stands in a batch) and {@link
 * tandem.zenoh.wire.NetworkMessage} (what stands in a frame): their permitted records are the whole
 * vocabulary, {@link tandem.zenoh.wire.TransportCodec} and {@link tandem.zenoh.wire.NetworkCodec}
 * are stateless and see only a buffer. The hot message has a window besides its record: {@link
 * tandem.zenoh.wire.PushView} checks a push once and lets a router pass it on without taking it
 * apart.
 *
 * <p>Numbers are unsigned and little-endian in groups of seven bits. Lengths are compared with what
 * is there before anything is allocated; bad input gives {@link tandem.zenoh.wire.MalformedFrame},
 * which names field and place. Unknown extensions are skipped if optional, refused if mandatory. No
 * clock, no socket. Any thread may call a codec; readers, writers and views belong to one at a
 * time.
 */
package tandem.zenoh.wire;
