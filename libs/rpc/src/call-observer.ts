import { InterceptingCall, type Interceptor } from '@grpc/grpc-js';
import { reportedLoad } from './load-metadata.js';
import type { Peer } from './peer.js';

/** Has a peer note what answers say of it: its load, and how calls of it end.
 *  @param peerOf  the peer of the client that this is made for, which it is part of
 *  @param checkPath  the method of health checks, which say by themselves how it is
 *  @param onEjection  called when the peer is left alone from now on */
export function callObserver(peerOf: () => Peer, checkPath: string, onEjection: () => void): Interceptor {
  return (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start: (metadata, _listener, next) =>
        next(metadata, {
          onReceiveMetadata: (received, forward) => {
            peerOf().noteReport(reportedLoad(received));
            forward(received);
          },
          onReceiveStatus: (end, forward) => {
            const isCheck = options.method_definition.path === checkPath;
            if (!isCheck && peerOf().noteEnd(end, Date.now())) onEjection();
            forward(end);
          },
        }),
    });
}
