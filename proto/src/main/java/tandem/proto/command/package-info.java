/**
 * What may be asked of a twin ({@link tandem.proto.command.TwinCommand}) and what it answers
 * ({@link tandem.proto.command.TwinReply}). Pure values: time comes in beside them, who waits for
 * the answer stays with the actor.
 */
package tandem.proto.command;
