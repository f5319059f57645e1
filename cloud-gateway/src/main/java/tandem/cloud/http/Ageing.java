package tandem.cloud.http;

import tandem.proto.v1.LeaseView;
import tandem.proto.v1.StreamView;
import tandem.proto.v1.TwinView;

/** Ages of a view that was made some milliseconds before it is sent. Pure. */
final class Ageing {
  private Ageing() {}

  /** Every age in it grows, what expires comes nearer; an unset age stays unset. */
  static TwinView older(TwinView view, double byMs) {
    var older = view.toBuilder();
    if (view.hasAgeMs()) older.setAgeMs(view.getAgeMs() + byMs);
    for (var origin : older.getOriginsBuilderList()) origin.setAgeMs(origin.getAgeMs() + byMs);
    if (view.hasDifference())
      older.getDifferenceBuilder().setAgeMs(view.getDifference().getAgeMs() + byMs);
    if (view.hasLease()) older.setLease(older(view.getLease(), byMs));
    return older.build();
  }

  static StreamView older(StreamView view, double byMs) {
    return view.hasAgeMs() ? view.toBuilder().setAgeMs(view.getAgeMs() + byMs).build() : view;
  }

  private static LeaseView older(LeaseView lease, double byMs) {
    var older = lease.toBuilder();
    if (lease.hasGuardSeenMs()) older.setGuardSeenMs(lease.getGuardSeenMs() + byMs);
    if (lease.hasExpiresInMs()) older.setExpiresInMs(Math.max(0, lease.getExpiresInMs() - byMs));
    return older.build();
  }

  /**
   * What was decided, without what is sensed and without ages: two views of the same decided state
   * are equal.
   */
  static TwinView decided(TwinView view) {
    var decided =
        view.toBuilder()
            .clearJoints()
            .clearAgeMs()
            .clearOrigins()
            .clearPosition()
            .clearOrientation()
            .clearDifference();
    if (view.hasLease()) decided.getLeaseBuilder().clearGuardSeenMs().clearExpiresInMs();
    return decided.build();
  }
}
