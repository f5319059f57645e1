package tandem.cloud.http;

import akka.http.javadsl.model.ws.Message;
import akka.stream.Attributes;
import akka.stream.Outlet;
import akka.stream.SourceShape;
import akka.stream.stage.AbstractOutHandler;
import akka.stream.stage.GraphStage;
import akka.stream.stage.GraphStageLogic;

/** Takes from an {@link Outbox} as fast as the connection takes, and no faster. */
final class OutboxSource extends GraphStage<SourceShape<Message>> {
  private final Outlet<Message> out = Outlet.create("Outbox.out");
  private final SourceShape<Message> shape = SourceShape.of(out);
  private final Outbox outbox;
  private final Runnable onEnd;

  /**
   * @param onEnd run once, when the connection has ended for whatever reason
   */
  OutboxSource(Outbox outbox, Runnable onEnd) {
    this.outbox = outbox;
    this.onEnd = onEnd;
  }

  @Override
  public SourceShape<Message> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new GraphStageLogic(shape) {
      {
        setHandler(
            out,
            new AbstractOutHandler() {
              @Override
              public void onPull() {
                pushNext();
              }
            });
      }

      @Override
      public void preStart() {
        var callback = createAsyncCallback((Boolean ignored) -> pushNext());
        outbox.onWake(() -> callback.invoke(Boolean.TRUE));
      }

      private void pushNext() {
        if (outbox.ended()) {
          completeStage();
          return;
        }
        if (!isAvailable(out)) return;
        Message next = outbox.take();
        if (next != null) push(out, next);
      }

      @Override
      public void postStop() {
        outbox.onWake(() -> {});
        onEnd.run();
      }
    };
  }
}
