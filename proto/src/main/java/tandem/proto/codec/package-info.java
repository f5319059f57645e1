/**
 * Values to bytes and text, and back. {@link tandem.proto.codec.Json} prints and reads every
 * message of the API.
 */
package tandem.proto.codec;
