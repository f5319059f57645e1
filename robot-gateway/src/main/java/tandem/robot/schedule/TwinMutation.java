package tandem.robot.schedule;

/** A twin broken on purpose: each bends what it is told, or what becomes of what it decided. */
enum TwinMutation {
  NONE("the twin as it is"),
  SENT_BEFORE_WRITTEN("send before the event is durable"),
  SENT_AGAIN("send twice after the twin was rebuilt"),
  GRANTED_BEFORE_REVOKED("grant before the revocation is acknowledged"),
  HELD_BEFORE_GRANTED("complete a take before the guard acknowledges the grant"),
  WRITTEN_AND_LOST("lose an acknowledged event in a restart"),
  NOT_FENCED("let a paused twin write on after another node took over"),
  TERM_NOT_RAISED("begin at a second home without a new term"),
  CANCEL_ONCE("say a cancel once, whether or not the guard answers"),
  STOPPED_NOT_CANCELLED("not cancel what a stop ends"),
  OVERTAKEN_NOT_CANCELLED("leave a superseded command to the newer one, which may never come");

  private final String text;

  TwinMutation(String text) {
    this.text = text;
  }

  String text() {
    return text;
  }
}
