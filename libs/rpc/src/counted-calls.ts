import { ServerInterceptingCall, status, type ServerInterceptor } from '@grpc/grpc-js';
import { counter } from '@parlance/telemetry';

const requests = () => counter('parlance_rpc_requests_total');

/** Counts each call of a method that the server has once, by the status it ended with. A call whose client left, or whose deadline passed,
 *  ends without one being sent. */
export const countedCalls: ServerInterceptor = ({ path }, call) => {
  let isCounted = false;
  const count = (code: number): void => {
    if (isCounted) return;
    isCounted = true;
    // In the path a slash comes first.
    requests().inc({ method: path.slice(1), status: status[code] ?? String(code) });
  };
  return new ServerInterceptingCall(call, {
    start: (next) =>
      next({
        onCancel: () => count(hasPassed(call.getDeadline()) ? status.DEADLINE_EXCEEDED : status.CANCELLED),
      }),
    sendStatus: (answer, next) => {
      count(answer.code);
      next(answer);
    },
  });
};

/** The timer of a deadline may fire a millisecond early. */
function hasPassed(deadline: Date | number): boolean {
  return Number(deadline) <= Date.now() + 1;
}
